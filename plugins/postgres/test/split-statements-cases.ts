/** A query string and the statements that the server makes of it. */
export interface SplitCase {
  readonly name: string;
  readonly text: string;
  readonly statements: readonly string[];
  /** `standard_conforming_strings`; on when absent. */
  readonly standardStrings?: false;
  /** The server rejects the string as a whole, so how it is split does not matter to it. */
  readonly invalid?: true;
}

const QUOTES: readonly SplitCase[] = [
  { name: 'nothing', text: '', statements: [] },
  { name: 'white space and semicolons', text: ' ;\t;\r\n;\f ', statements: [] },
  { name: 'comments alone', text: '-- a;b\n/* c;d */;', statements: [] },
  { name: 'one without a semicolon', text: 'SELECT 1', statements: ['SELECT 1'] },
  { name: 'white space around', text: '\n SELECT 1 ;\n', statements: ['SELECT 1'] },
  { name: 'two', text: 'SELECT 1; SELECT 2', statements: ['SELECT 1', 'SELECT 2'] },
  {
    name: 'empty ones between',
    text: ';;SELECT 1;; ;SELECT 2;',
    statements: ['SELECT 1', 'SELECT 2'],
  },
  { name: 'a literal', text: "SELECT 'a;b'; SELECT 2", statements: ["SELECT 'a;b'", 'SELECT 2'] },
  {
    name: 'a doubled quote',
    text: "SELECT 'a'';b'; SELECT 2",
    statements: ["SELECT 'a'';b'", 'SELECT 2'],
  },
  {
    name: 'a quote behind a quote',
    text: "SELECT ''; SELECT ''''; SELECT 3",
    statements: ["SELECT ''", "SELECT ''''", 'SELECT 3'],
  },
  {
    name: 'a backslash is a character',
    text: "SELECT '\\'; SELECT 2; --'",
    statements: ["SELECT '\\'", 'SELECT 2'],
  },
  {
    name: 'a backslash escapes in the old way',
    text: "SELECT '\\'; SELECT 2; --'",
    statements: ["SELECT '\\'; SELECT 2; --'"],
    standardStrings: false,
  },
  {
    name: 'an escaped backslash in the old way',
    text: "SELECT '\\\\'; SELECT 2",
    statements: ["SELECT '\\\\'", 'SELECT 2'],
    standardStrings: false,
  },
  {
    name: 'an escape string',
    text: "SELECT E'\\';' ; SELECT e'\\\\'; SELECT 3",
    statements: ["SELECT E'\\';'", "SELECT e'\\\\'", 'SELECT 3'],
  },
  {
    name: 'E at the end of a word is no prefix',
    text: "SELECT date'2020-01-01' ; SELECT 2",
    statements: ["SELECT date'2020-01-01'", 'SELECT 2'],
  },
  {
    name: 'a type that ends in e in front of a literal',
    text: "SELECT name '\\'; SELECT 2; --'",
    statements: ["SELECT name '\\'", 'SELECT 2'],
  },
  {
    name: 'bits and hexadecimals have no escapes',
    text: "SELECT B'01'; SELECT x'1f'; SELECT 3",
    statements: ["SELECT B'01'", "SELECT x'1f'", 'SELECT 3'],
  },
  {
    name: 'bits have no escapes in the old way either',
    text: "SELECT b'\\'; SELECT 2",
    statements: ["SELECT b'\\'", 'SELECT 2'],
    standardStrings: false,
    invalid: true,
  },
  {
    name: 'a national literal',
    text: "SELECT N'a;b'; SELECT 2",
    statements: ["SELECT N'a;b'", 'SELECT 2'],
  },
  {
    name: 'a Unicode literal',
    text: 'SELECT U&\'\\0041;\' UESCAPE \'!\'; SELECT U&"a;b" FROM (SELECT 1 AS "a;b") x',
    statements: ["SELECT U&'\\0041;' UESCAPE '!'", 'SELECT U&"a;b" FROM (SELECT 1 AS "a;b") x'],
  },
  {
    name: 'an escape string that goes on on the next line',
    text: "SELECT E'a'\n  '\\';' ; SELECT 2",
    statements: ["SELECT E'a'\n  '\\';'", 'SELECT 2'],
  },
  {
    name: 'an escape string that goes on behind a comment',
    text: "SELECT E'a' -- x\n --y\n '\\';' ; SELECT 2",
    statements: ["SELECT E'a' -- x\n --y\n '\\';'", 'SELECT 2'],
  },
  {
    name: 'a literal behind one on the same line',
    text: "SELECT E'a' '\\'; SELECT 2",
    statements: ["SELECT E'a' '\\'", 'SELECT 2'],
    invalid: true,
  },
  {
    name: 'a block comment ends the continuation',
    text: "SELECT E'a' /* \n */ '\\'; SELECT 2",
    statements: ["SELECT E'a' /* \n */ '\\'", 'SELECT 2'],
    invalid: true,
  },
  {
    name: 'a plain literal that goes on',
    text: "SELECT 'a'\n'b\\'; SELECT 2; --'",
    statements: ["SELECT 'a'\n'b\\'", 'SELECT 2'],
  },
  {
    name: 'a quoted identifier',
    text: 'SELECT 1 AS "a;b"; SELECT 2',
    statements: ['SELECT 1 AS "a;b"', 'SELECT 2'],
  },
  {
    name: 'a doubled double quote',
    text: 'SELECT 1 AS "a"";b"; SELECT 2',
    statements: ['SELECT 1 AS "a"";b"', 'SELECT 2'],
  },
  {
    name: 'a quote inside an identifier',
    text: 'SELECT 1 AS "it\'s"; SELECT 2',
    statements: ['SELECT 1 AS "it\'s"', 'SELECT 2'],
  },
];

const DOLLARS: readonly SplitCase[] = [
  {
    name: 'a dollar quote',
    text: 'SELECT $$a;b$$; SELECT 2',
    statements: ['SELECT $$a;b$$', 'SELECT 2'],
  },
  {
    name: 'a tag',
    text: 'SELECT $x$a;$$;b$x$; SELECT 2',
    statements: ['SELECT $x$a;$$;b$x$', 'SELECT 2'],
  },
  {
    name: 'another tag inside',
    text: 'SELECT $a$ $b$;$a$; SELECT 2',
    statements: ['SELECT $a$ $b$;$a$', 'SELECT 2'],
  },
  {
    name: 'tags that share a dollar',
    text: 'SELECT $a$ $b$a$; SELECT 2',
    statements: ['SELECT $a$ $b$a$', 'SELECT 2'],
  },
  {
    name: 'a tag is case-sensitive',
    text: 'SELECT $a$ $A$; $a$; SELECT 2',
    statements: ['SELECT $a$ $A$; $a$', 'SELECT 2'],
  },
  {
    name: 'a tag with digits and letters beyond ASCII',
    text: 'SELECT $é9$;$é9$; SELECT 2',
    statements: ['SELECT $é9$;$é9$', 'SELECT 2'],
  },
  {
    name: 'a tag does not begin with a digit',
    text: 'SELECT $9$; SELECT 2',
    statements: ['SELECT $9$', 'SELECT 2'],
    invalid: true,
  },
  {
    name: 'dollars inside an identifier',
    text: 'SELECT 1 AS a$$; SELECT 2 AS b$$',
    statements: ['SELECT 1 AS a$$', 'SELECT 2 AS b$$'],
  },
  {
    name: 'a dollar quote behind a number',
    text: 'SELECT 1$$; SELECT 2$$',
    statements: ['SELECT 1$$; SELECT 2$$'],
    invalid: true,
  },
  {
    name: 'a parameter',
    text: 'SELECT $1; SELECT $2',
    statements: ['SELECT $1', 'SELECT $2'],
    invalid: true,
  },
  {
    name: 'a backslash in a dollar quote',
    text: 'SELECT $$\\$$; SELECT 2',
    statements: ['SELECT $$\\$$', 'SELECT 2'],
  },
];

const COMMENTS: readonly SplitCase[] = [
  {
    name: 'a line comment',
    text: 'SELECT 1 -- a;b\n; SELECT 2',
    statements: ['SELECT 1', 'SELECT 2'],
  },
  {
    name: 'a line comment that a carriage return ends',
    text: 'SELECT 1 -- a;b\r; SELECT 2',
    statements: ['SELECT 1', 'SELECT 2'],
  },
  {
    name: 'a block comment',
    text: 'SELECT /* a;b */ 1; SELECT 2',
    statements: ['SELECT /* a;b */ 1', 'SELECT 2'],
  },
  {
    name: 'nested comments',
    text: 'SELECT /* a /* ; */ ; */ 1; SELECT 2',
    statements: ['SELECT /* a /* ; */ ; */ 1', 'SELECT 2'],
  },
  {
    name: 'stars and slashes',
    text: 'SELECT 1 /**//*/**/;*/; SELECT 2 /***/;',
    statements: ['SELECT 1', 'SELECT 2'],
  },
  {
    name: 'a quote inside a comment',
    text: "SELECT 1 /* ' */; SELECT 2 -- '\n; SELECT 3",
    statements: ['SELECT 1', 'SELECT 2', 'SELECT 3'],
  },
  {
    name: 'a comment inside an operator',
    text: 'SELECT 1 +-- ;\n 1; SELECT 2 */* ; */ 2',
    statements: ['SELECT 1 +-- ;\n 1', 'SELECT 2 */* ; */ 2'],
  },
  {
    name: 'a comment sign inside a literal',
    text: "SELECT '--'; SELECT '/*'; SELECT '*/'",
    statements: ["SELECT '--'", "SELECT '/*'", "SELECT '*/'"],
  },
];

const BODIES: readonly SplitCase[] = [
  {
    name: 'a rule with several actions',
    text: 'CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT (2); SELECT 3); SELECT 4',
    statements: [
      'CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT (2); SELECT 3)',
      'SELECT 4',
    ],
  },
  {
    name: 'a function body in SQL',
    text: 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3',
    statements: [
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END',
      'SELECT 3',
    ],
  },
  {
    name: 'a body with CASE',
    text: 'CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 ELSE CASE 1 WHEN 2 THEN 3 END END; END; SELECT 3',
    statements: [
      'CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 ELSE CASE 1 WHEN 2 THEN 3 END END; END',
      'SELECT 3',
    ],
  },
  {
    name: 'a body with case as a label',
    text: 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 case; END; SELECT 3',
    statements: ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 case; END', 'SELECT 3'],
  },
  {
    name: 'a body with end as a label',
    text: 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT 2 end; SELECT 5; END; SELECT 3',
    statements: [
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT 2 end; SELECT 5; END',
      'SELECT 3',
    ],
  },
  {
    name: 'a body with a column named case',
    text: 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT s . case FROM (SELECT 1 AS "case") s; END; SELECT 3',
    statements: [
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT s . case FROM (SELECT 1 AS "case") s; END',
      'SELECT 3',
    ],
  },
  {
    name: 'an empty body',
    text: 'CREATE PROCEDURE p() BEGIN ATOMIC END; SELECT 3',
    statements: ['CREATE PROCEDURE p() BEGIN ATOMIC END', 'SELECT 3'],
  },
  {
    name: 'a body between comments',
    text: 'CREATE /* ; */ FUNCTION f() RETURNS int begin -- ;\n atomic SELECT 1; /* x */ end; SELECT 3',
    statements: [
      'CREATE /* ; */ FUNCTION f() RETURNS int begin -- ;\n atomic SELECT 1; /* x */ end',
      'SELECT 3',
    ],
  },
  {
    name: 'begin and atomic as names of schemas',
    text: "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path TO begin, atomic AS 'SELECT 1'; SELECT 3",
    statements: [
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path TO begin, atomic AS 'SELECT 1'",
      'SELECT 3',
    ],
  },
  {
    name: 'begin atomic as names of a parameter',
    text: "CREATE FUNCTION f(begin atomic) RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT 3",
    statements: [
      "CREATE FUNCTION f(begin atomic) RETURNS int LANGUAGE sql AS 'SELECT 1'",
      'SELECT 3',
    ],
    invalid: true,
  },
  {
    name: 'a quoted begin',
    text: 'CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path TO "begin" AS \'SELECT 1\'; SELECT 3',
    statements: [
      'CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path TO "begin" AS \'SELECT 1\'',
      'SELECT 3',
    ],
  },
  {
    name: 'BEGIN outside of a function',
    text: 'BEGIN; SELECT 1; END; SELECT 2',
    statements: ['BEGIN', 'SELECT 1', 'END', 'SELECT 2'],
  },
  {
    name: 'BEGIN ATOMIC outside of a function',
    text: 'BEGIN ATOMIC; SELECT 1; END',
    statements: ['BEGIN ATOMIC', 'SELECT 1', 'END'],
    invalid: true,
  },
  {
    name: 'two functions',
    text: 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; END',
    statements: [
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END',
      'CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; END',
    ],
  },
  {
    name: 'a body in quotes',
    text: "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2;'; DO $$ BEGIN NULL; END $$; SELECT 3",
    statements: [
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2;'",
      'DO $$ BEGIN NULL; END $$',
      'SELECT 3',
    ],
  },
];

const UNFINISHED: readonly SplitCase[] = ["'", '"', '$$', '$a$', '/*', "E'\\", '(', '/* /* */'].map(
  (open) => ({
    name: `an unfinished ${open}`,
    text: `SELECT 1; SELECT ${open} 2; SELECT 3`,
    statements: ['SELECT 1', open.startsWith('/*') ? 'SELECT' : `SELECT ${open} 2; SELECT 3`],
    invalid: true,
  }),
);

const NAMES: readonly SplitCase[] = [
  {
    name: 'identifiers beyond ASCII',
    text: 'SELECT 1 AS größe; SELECT 2 AS 表',
    statements: ['SELECT 1 AS größe', 'SELECT 2 AS 表'],
  },
  {
    name: 'a literal beyond ASCII',
    text: "SELECT 'ß;';SELECT 'é'",
    statements: ["SELECT 'ß;'", "SELECT 'é'"],
  },
  {
    name: 'numbers in all forms',
    text: 'SELECT 1e5, .5, 1.; SELECT 0',
    statements: ['SELECT 1e5, .5, 1.', 'SELECT 0'],
  },
  {
    name: 'casts, arrays and parentheses',
    text: "SELECT (ARRAY['a;'])[1]::text; SELECT ((1))",
    statements: ["SELECT (ARRAY['a;'])[1]::text", 'SELECT ((1))'],
  },
  {
    name: 'a closing parenthesis too many',
    text: 'SELECT 1); SELECT 2',
    statements: ['SELECT 1)', 'SELECT 2'],
    invalid: true,
  },
];

export const SPLIT_CASES: readonly SplitCase[] = [
  ...QUOTES,
  ...DOLLARS,
  ...COMMENTS,
  ...BODIES,
  ...UNFINISHED,
  ...NAMES,
];

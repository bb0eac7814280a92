import { type Document, type ErrorCode, Lexer, Parser, parseDocument } from 'yaml';
import type { Fault } from './fault.ts';
import { MAX_LEXEMES } from './file-limits.ts';

/**
 * Open constructs that the YAML parser may hold: what `MAX_DEPTH` levels can need, and far below
 * what its recursive composer could overflow the stack with.
 */
const MAX_OPEN = 64;

/** Ours, because the library's own texts quote the source, and the source may hold a secret. */
const SYNTAX: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias cannot have a tag or an anchor',
  BAD_ALIAS: 'malformed anchor or alias',
  BAD_COLLECTION_TYPE: 'tags are not supported',
  BAD_DIRECTIVE: 'malformed directive',
  BAD_DQ_ESCAPE: 'unknown escape sequence in a double-quoted string',
  BAD_INDENT: 'wrong indentation, or an open bracket before this place',
  BAD_PROP_ORDER: 'an anchor or tag stands in the wrong place',
  BAD_SCALAR_START: 'a string that begins with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a map begins in the middle of a value; a value with ": " needs quotes',
  BLOCK_IN_FLOW: 'a block cannot stand inside brackets',
  DUPLICATE_KEY: 'duplicate key',
  IMPOSSIBLE: 'not YAML',
  KEY_OVER_1024_CHARS: 'the key is too long',
  MISSING_CHAR:
    'something is missing here: a colon, a comma, a closing quote or bracket, or a space',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line; is a colon missing?',
  MULTIPLE_ANCHORS: 'more than one anchor',
  MULTIPLE_DOCS: 'more than one document in the file',
  MULTIPLE_TAGS: 'more than one tag',
  NON_STRING_KEY: 'a key must be a plain string',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'tags are not supported',
  UNEXPECTED_TOKEN: 'this character is not expected here',
};

type Syntax =
  | { readonly ok: true; readonly document: Document }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Reads a text as one YAML 1.2 document. Never throws; time and depth are bounded. */
export function parseSyntax(text: string): Syntax {
  const outOfBounds = boundsFault(text);
  if (outOfBounds !== undefined) return { ok: false, faults: [outOfBounds] };
  const document = parseDocument(text, {
    // Below this level the library does not tell of a second document.
    logLevel: 'error',
    prettyErrors: false,
    resolveKnownTags: false,
    stringKeys: true,
    // Compares each key with each: the tree reader does it in linear time.
    uniqueKeys: false,
  });
  const faults = new Map<number, Fault>();
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    const offset = Math.min(pos[0], text.length);
    if (!faults.has(offset)) faults.set(offset, { offset, message: SYNTAX[code] });
  }
  return faults.size === 0 ? { ok: true, document } : { ok: false, faults: [...faults.values()] };
}

/** Runs the lexer and the iterative parser alone, which hold no more than the open constructs. */
function boundsFault(text: string): Fault | undefined {
  const parser = new Parser();
  let lexemes = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > MAX_LEXEMES) return { offset: 0, message: 'the file has too many parts' };
    for (const token of parser.next(lexeme)) {
      if (token.type === 'directive') {
        return { offset: token.offset, message: 'YAML directives are not supported' };
      }
    }
    if (parser.stack.length > MAX_OPEN) return { offset, message: 'nested too deeply' };
    offset = Math.min(parser.offset, text.length);
  }
  return undefined;
}

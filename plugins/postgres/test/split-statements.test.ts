import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import fc from 'fast-check';
import { splitStatements } from '../src/protocol/split-statements.ts';
import { Q } from './frontend-messages.ts';
import { RawFrontend } from './raw-frontend.ts';
import { SPLIT_CASES, type SplitCase } from './split-statements-cases.ts';

function split(text: string, standardStrings = true): readonly string[] {
  const bytes = Buffer.from(text);
  return splitStatements(bytes, { standardStrings }).map(({ start, end }) =>
    bytes.toString('utf8', start, end),
  );
}

describe('splitting a query string', () => {
  it.each(SPLIT_CASES)('knows $name', ({ text, statements, standardStrings }) => {
    expect(split(text, standardStrings)).toEqual(statements);
  });

  it('says what may be kept of a string in front of each statement', () => {
    const text = Buffer.from(' SELECT 1 ; -- x\n ;SELECT 2');
    const spans = splitStatements(text, { standardStrings: true });
    expect(spans.map(({ after }) => text.toString('utf8', 0, after))).toEqual([
      ' SELECT 1 ;',
      ' SELECT 1 ; -- x\n ;SELECT 2',
    ]);
  });

  it('covers what is no gap exactly once, in order, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .array(fc.constantFrom(...PIECES), { maxLength: 25 })
        .map((pieces) => new Uint8Array(Buffer.from(pieces.join('')))),
    );
    fc.assert(
      fc.property(bytes, fc.boolean(), (noise, standardStrings) => {
        const text = Buffer.from(noise);
        let from = 0;
        for (const { start, end, after } of splitStatements(text, { standardStrings })) {
          expect(start).toBeGreaterThanOrEqual(from);
          expect(end).toBeGreaterThan(start);
          expect(after).toBeGreaterThanOrEqual(end);
          from = after;
        }
        expect(from).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});

/** What query strings are made of, to be put together at random. */
const PIECES = [
  ...["'", '"', '$$', '$a$', ';', '(', ')', '\\', '\n', ' ', '--', '/*', '*/', 'E', '1', 'é'],
  ...['SELECT', "'a'", 'create ', 'function ', 'begin ', 'atomic ', 'end ', 'case '],
];

describe('the server itself', () => {
  let server: PostgresServer;
  let client: RawFrontend;

  beforeAll(async () => {
    server = await startPostgres({ version: '18', hba: ['host all all all trust'], tls: false });
    const { port, user, database } = server;
    client = (await RawFrontend.login({ port, user, database })).frontend;
  }, 60_000);

  afterAll(async () => {
    client.close();
    await server.stop();
  });

  async function countResults(text: string): Promise<number | 'rejected'> {
    client.send(Q(text));
    const answers = await client.until('Z');
    if (answers.some(({ type }) => type === 'E')) return 'rejected';
    return answers.filter(({ type }) => type === 'C').length;
  }

  async function oracle({ text, standardStrings }: SplitCase): Promise<number | 'rejected'> {
    const strings = standardStrings === false ? 'off' : 'on';
    await countResults('ROLLBACK; DROP SCHEMA IF EXISTS fresh CASCADE; CREATE SCHEMA fresh');
    await countResults('SET search_path TO fresh; CREATE TABLE t (a int)');
    await countResults(`SET standard_conforming_strings = ${strings}`);
    return countResults(text);
  }

  it.each(SPLIT_CASES)('agrees on $name', async (each) => {
    expect(await oracle(each)).toBe(each.invalid ? 'rejected' : each.statements.length);
  });

  it('agrees on strings put together at random, unless it rejects them', async () => {
    const strings = fc
      .array(fc.constantFrom(...VALID_PIECES), { minLength: 1, maxLength: 12 })
      .map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(strings, async (text) => {
        const results = await oracle({ name: '', text, statements: [] });
        if (results !== 'rejected') expect(split(text)).toHaveLength(results);
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) },
    );
  }, 120_000);
});

/** Pieces that together often are valid. */
const VALID_PIECES = [
  ...[
    'SELECT 1',
    ';',
    "SELECT 'a;b'",
    "SELECT E'\\';'",
    ' AS "x;y"',
    "\n'c;'",
    ' -- ;\n',
    '/* ; */',
  ],
  ...['SELECT $$;$$', 'SELECT $q$ $$;$q$', ' case', ' end', ' AS end', ', (2)', '/* /* ; */', "''"],
  ...[
    'CREATE OR REPLACE PROCEDURE f() BEGIN ATOMIC SELECT 1;',
    ' END;',
    'SELECT 2;',
    ' ',
    '$$',
    '*/',
  ],
];

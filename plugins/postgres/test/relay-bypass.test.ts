import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Statement, Verdict } from '@weir/contract';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { B, C, E, latin1B, latin1C, latin1P, P, Q, S } from './frontend-messages.ts';
import { type BackendMessage, functionCall, RawFrontend } from './raw-frontend.ts';
import { denyMatching } from './relay-harness.ts';
import { type RelayPump, startRelayPump } from './relay-pump.ts';
import { cstring, message } from './wire-bytes.ts';

/**
 * Ways to run a text other than the one that was decided. The policy denies reading the secret and
 * running what is only known by name; the secret must never reach the client. This list only grows.
 */
interface Bypass {
  readonly name: string;
  /** Each part is sent when the one before it is answered with so many ReadyForQuery. */
  readonly parts: readonly (readonly [number, ...Uint8Array[]])[];
}

const SECRET = 'SELECT secret FROM vault';
/** The function `current_setting(text)`. */
const CURRENT_SETTING = 2077;
const HARMLESS = 'SELECT 1';
/** 40 bytes in LATIN1, 80 in UTF8. */
const LONG_IN_UTF8 = 'é'.repeat(40);
const FAILS = [P('SELECT 1/0', 'e'), B({ statement: 'e' }), E()];

const PIPELINES: readonly Bypass[] = [
  {
    name: 'the unnamed statement is replaced in a batch that fails before',
    parts: [
      [1, P(SECRET), S],
      [2, ...FAILS, P(HARMLESS), S, B({}), E(), S],
    ],
  },
  {
    name: 'a named statement is closed and made anew in a batch that fails before',
    parts: [
      [1, P(SECRET, 's'), S],
      [2, ...FAILS, C('S', 's'), P(HARMLESS, 's'), S, B({ statement: 's' }), E(), S],
    ],
  },
  {
    name: 'a portal is replaced in a batch that fails before',
    parts: [
      [1, Q('BEGIN')],
      [1, P(SECRET, 's'), B({ statement: 's', portal: 'p' }), S],
      [
        2,
        ...[
          P('SAVEPOINT a'),
          B({}),
          E(),
          ...FAILS,
          P(HARMLESS),
          C('P', 'p'),
          B({ portal: 'p' }),
          S,
        ],
        ...[P('ROLLBACK TO a'), B({}), E(), E('p'), S],
      ],
    ],
  },
  {
    name: 'a Query that would drop the unnamed statement is skipped',
    parts: [
      [1, P(SECRET), S],
      [2, ...FAILS, Q(HARMLESS), S, B({}), E(), S],
    ],
  },
  {
    name: 'a Parse fails because SQL made the name before',
    parts: [
      [1, Q(`PREPARE s AS ${SECRET}`)],
      [2, P(HARMLESS, 's'), S, B({ statement: 's' }), E(), S],
    ],
  },
  {
    name: 'all of it at once',
    parts: [[3, P(SECRET), S, ...FAILS, P(HARMLESS), S, B({}), E(), S]],
  },
];

const SQL_NAMES: readonly Bypass[] = [
  {
    name: 'SQL replaces a statement that the protocol made',
    parts: [
      [1, P(HARMLESS, 's'), S],
      [1, Q(`DEALLOCATE s; PREPARE s AS ${SECRET}`)],
      [1, B({ statement: 's' }), E(), S],
    ],
  },
  {
    name: 'SQL replaces a statement in the same pipeline',
    parts: [
      [
        3,
        P(HARMLESS, 's'),
        S,
        Q(`DEALLOCATE s; PREPARE s AS ${SECRET}`),
        B({ statement: 's' }),
        E(),
        S,
      ],
    ],
  },
  {
    name: 'SQL in a batch replaces a statement of that batch',
    parts: [
      [
        1,
        ...[P(HARMLESS, 's'), P('DEALLOCATE ALL'), B({}), E()],
        ...[P(`PREPARE s AS ${SECRET}`), B({}), E(), B({ statement: 's' }), E(), S],
      ],
    ],
  },
  {
    name: 'DISCARD ALL makes room for another statement',
    parts: [
      [1, P(HARMLESS, 's'), S],
      [3, Q('/* x */ DISCARD ALL'), Q(`PREPARE "s" AS ${SECRET}`), B({ statement: 's' }), E(), S],
    ],
  },
  {
    name: 'comments stand between the words',
    parts: [
      [1, P(HARMLESS, 's'), S],
      [
        3,
        Q('-- x\n DEALLOCATE/**/prepare -- y\n S'),
        Q(`PREPARE/**/s AS ${SECRET}`),
        B({ statement: 's' }),
        E(),
        S,
      ],
    ],
  },
  {
    name: 'a cursor takes the name of a portal',
    parts: [
      [1, Q('BEGIN')],
      [1, P(HARMLESS), B({ portal: 'p' }), S],
      [3, Q('CLOSE p'), Q(`DECLARE p CURSOR FOR ${SECRET}`), E('p'), S],
    ],
  },
  {
    name: 'a cursor that outlives its transaction takes the name of a portal of the same pipeline',
    parts: [
      [
        3,
        P(HARMLESS),
        B({ portal: 'p' }),
        S,
        Q(`DECLARE p CURSOR WITH HOLD FOR ${SECRET}`),
        E('p'),
        S,
      ],
    ],
  },
  {
    name: 'a cursor takes the name of a portal that ended with its transaction in the same batch',
    parts: [
      [
        1,
        ...[P(HARMLESS), B({ portal: 'p' }), P('COMMIT'), B({}), E()],
        ...[P(`DECLARE p CURSOR WITH HOLD FOR ${SECRET}`), B({}), E(), E('p'), S],
      ],
    ],
  },
];

const ANSI_SECRET = `SELECT '\\'; ${SECRET}; -- '`;

const SETTINGS: readonly Bypass[] = [
  {
    name: 'the meaning of a backslash changes in the same pipeline',
    parts: [
      [1, Q('SET standard_conforming_strings = off')],
      [2, Q('SET standard_conforming_strings = on'), Q(ANSI_SECRET)],
    ],
  },
  {
    name: 'the meaning of a backslash changes in the same batch',
    parts: [
      [1, Q('SET standard_conforming_strings = off')],
      [2, P('SET standard_conforming_strings = on'), B({}), E(), Q(ANSI_SECRET), S],
    ],
  },
  {
    name: 'the encoding makes a backslash the second half of a character',
    parts: [[2, Q("SET client_encoding = 'SJIS'"), Q(`SELECT E'ぃ\\'; ${SECRET}; -- '`)]],
  },
  {
    name: 'the encoding does so when it is known',
    parts: [
      [1, Q("SET client_encoding = 'SJIS'")],
      [1, Q(`SELECT E'ぃ\\'; ${SECRET}; -- '`)],
    ],
  },
];

/** Denied by the name of its table, which only a reader of the right encoding sees. */
const TREASURE = 'SELECT word FROM trésor';
const LATIN1 = [P("SET client_encoding = 'LATIN1'"), B({}), E()];
const ENCODED = [latin1P("SELECT 'é'"), B({}), E()];

const BATCHED_SETTINGS: readonly Bypass[] = [
  {
    name: 'the encoding changes in the same batch',
    parts: [[1, ...LATIN1, latin1P(TREASURE), B({}), E(), S]],
  },
  {
    name: 'a function changes it',
    parts: [
      [
        1,
        ...[P("SELECT set_config('client_' || 'encoding', 'LATIN1', false)"), B({}), E()],
        ...[latin1P(TREASURE), B({}), E(), S],
      ],
    ],
  },
  {
    name: 'it changes as soon as a statement is planned',
    parts: [
      [1, P('SELECT to_latin1()'), B({}), latin1P(TREASURE, 's'), B({ statement: 's' }), E(), S],
    ],
  },
  {
    name: 'it changes under a name that the client prepared as BEGIN, and a DO block anew',
    parts: [
      [1, P('BEGIN', 's'), S],
      [
        1,
        Q(`DO $do$ BEGIN
          EXECUTE 'DEALLOCATE s';
          EXECUTE 'PREPARE s AS SELECT set_config(''client_encoding'', ''LATIN1'', false)';
        END $do$`),
      ],
      [1, B({ statement: 's' }), E(), latin1P(TREASURE), B({}), E(), S],
    ],
  },
  {
    name: 'it changes behind a text that was asked about',
    parts: [[1, ...LATIN1, ...ENCODED, P('RESET ALL'), B({}), E(), P(TREASURE), B({}), E(), S]],
  },
  {
    name: 'it changes back before the database reports it',
    parts: [
      [1, ...LATIN1, ...ENCODED, P('RESET ALL'), B({}), E(), S],
      [1, P(TREASURE), B({}), E(), S],
    ],
  },
  {
    name: 'it changes back because the batch fails',
    parts: [[2, ...LATIN1, ...ENCODED, ...FAILS, S, P(TREASURE), B({}), E(), S]],
  },
  {
    name: 'it changes back because the batch fails, and a query string follows',
    parts: [[2, ...LATIN1, ...ENCODED, ...FAILS, S, Q(TREASURE)]],
  },
];

const TEXTS: readonly Bypass[] = [
  ...[
    `SELECT 1; ${SECRET}`,
    `SELECT 1;;/**/${SECRET};`,
    `SELECT $a$;$a$; ${SECRET}`,
    `SELECT E'\\\\'; ${SECRET}; --'`,
    `SELECT '\\'; ${SECRET}; --'`,
    `SELECT 1 AS a$$; ${SECRET}; SELECT 1 AS b$$`,
    `/* /* ' */ */ SELECT 1; ${SECRET}; --'`,
    `CREATE FUNCTION f1() RETURNS int LANGUAGE sql SET search_path TO begin, atomic AS 'SELECT 1'; ${SECRET}`,
    `CREATE FUNCTION f2() RETURNS int BEGIN ATOMIC SELECT 1 case; END; ${SECRET}`,
    `CREATE FUNCTION f3() RETURNS int BEGIN ATOMIC SELECT x . case FROM (SELECT 1 AS "case") x; END; ${SECRET}`,
  ].map((text): Bypass => ({ name: `behind: ${text}`, parts: [[1, Q(text)]] })),
  {
    name: 'a function call without SQL',
    parts: [[1, functionCall(CURRENT_SETTING, 'app.secret')]],
  },
  {
    name: 'a name of the same bytes in another encoding',
    parts: [
      [1, P(SECRET, 'é'), S],
      [1, Q("SET client_encoding = 'LATIN1'")],
      [1, P(HARMLESS, 'é'), S],
      [1, Q("SET client_encoding = 'UTF8'")],
      [1, B({ statement: 'é' }), E(), S],
    ],
  },
  {
    name: 'a name that the server cuts because it is longer in its own encoding',
    parts: [
      [1, Q("SET client_encoding = 'LATIN1'")],
      [1, latin1P(HARMLESS, `${LONG_IN_UTF8}é`), S],
      [1, latin1C(LONG_IN_UTF8), latin1P(SECRET, LONG_IN_UTF8), S],
      [1, latin1B(`${LONG_IN_UTF8}é`), E(), S],
    ],
  },
  {
    name: 'a name so long that the server cuts it',
    parts: [
      [1, P(SECRET, 'n'.repeat(63)), S],
      [2, P(HARMLESS, `${'n'.repeat(64)}`), S, B({ statement: `${'n'.repeat(64)}` }), E(), S],
      [1, message('B', cstring('p'), cstring('n'.repeat(64)), Buffer.alloc(6)), E('p'), S],
    ],
  },
];

const BYPASSES: readonly Bypass[] = [
  ...PIPELINES,
  ...SQL_NAMES,
  ...SETTINGS,
  ...BATCHED_SETTINGS,
  ...TEXTS,
];

let server: PostgresServer;
let pump: RelayPump;
const denySecret = denyMatching(/^select secret|trésor/i);

function decide(statement: Statement): Verdict {
  if (statement.source !== 'name') return denySecret(statement);
  return denyMatching(/^/, 'not-understood')(statement);
}

beforeAll(async () => {
  server = await startPostgres({ version: '18', hba: ['host all all all trust'], tls: false });
  await server.query("CREATE TABLE vault AS SELECT 'canary'::text AS secret");
  await server.query("CREATE TABLE trésor AS SELECT 'canary'::text AS word");
  await server.query(`CREATE FUNCTION to_latin1() RETURNS text IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN RETURN set_config(''client_encoding'', ''LATIN1'', false); END'`);
  await server.query(`ALTER DATABASE ${server.database} SET app.secret = 'canary'`);
  pump = await startRelayPump(server.port, { decide });
}, 60_000);

afterAll(async () => {
  await pump.close();
  await server.stop();
});

async function play({ parts }: Bypass, port: number): Promise<readonly BackendMessage[]> {
  const { user, database } = server;
  const { frontend } = await RawFrontend.login({ port, user, database });
  const answers: BackendMessage[] = [];
  for (const [ready, ...messages] of parts) {
    frontend.send(...messages);
    answers.push(...(await frontend.until('Z', ready)));
  }
  frontend.close();
  return answers;
}

const showsSecret = (answers: readonly BackendMessage[]): boolean =>
  answers.some(({ type, body }) => 'DV'.includes(type) && body.includes('canary'));

describe('the secret stays where it is when', () => {
  it.each(BYPASSES)('$name', async (bypass) => {
    const answers = await play(bypass, pump.port);
    expect(showsSecret(answers)).toBe(false);
    // One answer to each Sync and Query: the session lived on.
    const ready = bypass.parts.reduce((sum, [count]) => sum + count, 0);
    expect(answers.filter(({ type }) => type === 'Z')).toHaveLength(ready);
    expect(pump.session.violation).toBeUndefined();
  });

  it.each(BYPASSES)('and would be read where nothing stands between: $name', async (bypass) => {
    await server.query('DROP FUNCTION IF EXISTS f1, f2, f3');
    expect(showsSecret(await play(bypass, server.port))).toBe(true);
  });
});

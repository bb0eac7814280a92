import { Buffer } from 'node:buffer';
import { serialize } from 'pg-protocol';
import { functionCall, type RawFrontend } from '../raw-frontend.ts';
import { cstring, message } from '../wire-bytes.ts';

/** What a scenario can do beside its own connection. */
export interface Surroundings {
  /** Runs SQL on another connection. */
  readonly elsewhere: (text: string) => Promise<void>;
}

/** One conversation of a client with a real server, recorded message by message. */
export interface Scenario {
  readonly name: string;
  /** The types of the messages that reach the database, where they are not those that were sent. */
  readonly reaching?: string;
  /** The relay holds something back until an earlier part is answered in full. */
  readonly waits?: true;
  readonly run: (client: RawFrontend, surroundings: Surroundings) => Promise<void>;
}

export const Q = serialize.query;
export const P = (text: string, name = '') =>
  message('P', cstring(name), cstring(text), Buffer.alloc(2));
export const B = serialize.bind;
export const E = (portal = '', rows = 0) => serialize.execute({ portal, rows });
export const D = (type: 'S' | 'P', name = '') => serialize.describe({ type, name });
export const C = (type: 'S' | 'P', name = '') => serialize.close({ type, name });
export const S = serialize.sync();
export const H = serialize.flush();
export const X = serialize.end();
export const d = (text: string) => message('d', Buffer.from(text));
export const c = serialize.copyDone();
export const f = serialize.copyFail('no more');

/** A query string that is sent by itself and answered in full. */
async function ask(client: RawFrontend, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    client.send(Q(text));
    await client.until('Z');
  }
}

const simple = (name: string, ...texts: readonly string[]): Scenario => ({
  name,
  run: (client) => ask(client, ...texts),
});

/** Sends all at once, then waits for so many ReadyForQuery. */
const pipeline = (name: string, ready: number, ...messages: readonly Uint8Array[]): Scenario => ({
  name,
  run: async (client) => {
    client.send(...messages);
    await client.until('Z', ready);
  },
});

/** The same, with names whose meaning shows only when an earlier part is answered. */
const waiting = (scenario: Scenario): Scenario => ({ ...scenario, waits: true });

const SIMPLE: readonly Scenario[] = [
  simple('simple-single', 'SELECT 1 AS one', 'SELECT 1;', 'SELECT 2 ; ', 'SET work_mem = 4096'),
  simple(
    'simple-several',
    "SELECT 1; SELECT 2 AS b, 'x' AS c; VALUES (1), (2), (3)",
    ';;SELECT 4;;',
  ),
  simple(
    'simple-empty',
    '',
    ';',
    ';;',
    ' ',
    '-- nothing',
    '/* a; b */',
    '/* a */ ; -- b',
    ' ; /* x */',
  ),
  simple('simple-error-first', 'SELECT 1/0; SELECT 2', 'SELECT 3'),
  simple('simple-error-middle', 'SELECT 1; SELECT 1/0; SELECT 2', 'SELECT 3'),
  simple('simple-error-last', 'CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1); SELECT 1/0'),
  simple('simple-error-after-rows', 'SELECT 1/(3 - i) FROM generate_series(1, 5) i; SELECT 7'),
  simple('simple-syntax-error', 'SELECT 1; SELEC 2; SELECT 3', "SELECT 'open"),
  simple('simple-transaction', 'BEGIN', 'SELECT 1', 'COMMIT', 'BEGIN; SELECT 1; ROLLBACK'),
  simple('simple-failed-transaction', 'BEGIN', 'SELECT 1/0', 'SELECT 2', 'SAVEPOINT a', 'ROLLBACK'),
  simple(
    'simple-mixed-transaction',
    'SELECT 1; BEGIN; SELECT 2',
    'SELECT 3; COMMIT; SELECT 4; SELECT 1/0',
  ),
  simple('simple-no-columns', 'SELECT', 'SELECT FROM generate_series(1, 3)', 'VALUES (NULL)'),
  simple(
    'simple-rule-with-select',
    'CREATE TEMP TABLE r (a int); CREATE RULE also AS ON INSERT TO r DO ALSO (SELECT 1 AS x; SELECT 2 AS y)',
    'INSERT INTO r VALUES (1); SELECT 3',
  ),
  simple('simple-large-rows', "SELECT repeat('weir', 9000) AS big, i FROM generate_series(1, 2) i"),
  simple('simple-many-rows', "SELECT i, repeat('x', 10) FROM generate_series(1, 1500) i"),
  pipeline(
    'simple-pipeline',
    4,
    Q('SELECT 1'),
    Q('SELECT 1/0; SELECT 2'),
    Q(''),
    Q('SELECT 3; SELECT 4'),
  ),
];

const EXTENDED: readonly Scenario[] = [
  pipeline('extended-one', 1, P('SELECT $1::int AS n'), B({ values: ['7'] }), D('P'), E(), S),
  waiting(
    pipeline(
      'extended-describe-statement',
      2,
      P('SELECT $1::text AS t, 2 AS u', 's1'),
      D('S', 's1'),
      S,
      B({ statement: 's1', values: ['v'] }),
      E(),
      B({ statement: 's1', portal: 'p1', values: ['w'] }),
      D('P', 'p1'),
      E('p1'),
      C('P', 'p1'),
      C('S', 's1'),
      S,
    ),
  ),
  pipeline(
    'extended-no-data',
    2,
    P('SET work_mem = 4096', 's1'),
    D('S', 's1'),
    B({ statement: 's1' }),
    D('P'),
    E(),
    S,
    P(''),
    B({}),
    D('P'),
    E(),
    S,
  ),
  waiting(
    pipeline(
      'extended-parse-again',
      3,
      P('SELECT 1', 's1'),
      S,
      P('SELECT 2', 's1'),
      B({ statement: 's1' }),
      E(),
      S,
      B({ statement: 's1' }),
      E(),
      S,
    ),
  ),
  pipeline(
    'extended-unnamed-again',
    1,
    P('SELECT 1'),
    B({}),
    D('P'),
    E(),
    P('SELECT 2, 3'),
    B({}),
    D('P'),
    E(),
    S,
  ),
  pipeline(
    'extended-close-and-parse',
    1,
    P('SELECT 1 AS a', 's1'),
    D('S', 's1'),
    C('S', 's1'),
    P("SELECT 'x' AS b", 's1'),
    B({ statement: 's1' }),
    E(),
    S,
  ),
  pipeline(
    'extended-parse-error',
    2,
    P('SELEC 1'),
    B({}),
    D('P'),
    E(),
    S,
    P('SELECT 1'),
    B({}),
    E(),
    S,
  ),
  pipeline('extended-two-syntaxes', 2, P('SELECT 1; SELECT 2'), B({}), E(), S, S),
  pipeline(
    'extended-pipeline',
    4,
    P('SELECT 1'),
    B({}),
    E(),
    S,
    P('SELECT 1/0'),
    B({}),
    E(),
    P('SELECT 2'),
    B({}),
    E(),
    S,
    S,
    P('SELECT 3'),
    B({}),
    E(),
    P('SELECT 4'),
    B({}),
    E(),
    S,
  ),
  waiting(
    pipeline(
      'extended-error-in-first-of-three',
      3,
      P('SELECT 1/0', 'e'),
      B({ statement: 'e' }),
      E(),
      P('SELECT 8', 'n'),
      S,
      B({ statement: 'n' }),
      E(),
      S,
      P('SELECT 9', 'n'),
      B({ statement: 'n' }),
      E(),
      S,
    ),
  ),
  pipeline(
    'extended-row-limit',
    2,
    P('SELECT i, i * i AS q FROM generate_series(1, 5) i'),
    B({}),
    D('P'),
    E('', 2),
    E('', 2),
    E('', 2),
    S,
    P('BEGIN'),
    B({}),
    E(),
    P('SELECT generate_series(1, 3)'),
    B({ portal: 'c' }),
    E('c', 1),
    S,
  ),
  pipeline(
    'extended-portals-interleaved',
    1,
    P('SELECT generate_series(1, 3) AS a', 'a'),
    P('SELECT generate_series(4, 7) AS b', 'b'),
    B({ statement: 'a', portal: 'x' }),
    B({ statement: 'b', portal: 'y' }),
    D('P', 'x'),
    D('P', 'y'),
    E('x', 1),
    E('y', 2),
    E('x', 1),
    E('y'),
    E('x'),
    S,
  ),
  pipeline(
    'extended-binary',
    1,
    P('SELECT $1::int8 AS n, now() IS NULL AS b'),
    B({ values: ['12'], binary: true }),
    D('P'),
    E(),
    S,
  ),
  waiting(
    pipeline(
      'extended-query-inside',
      2,
      P('SELECT 1', 's'),
      B({ statement: 's', portal: 'p' }),
      E('p'),
      Q('SELECT 2; SELECT 3'),
      B({ statement: 's' }),
      E(),
      S,
    ),
  ),
  pipeline(
    'extended-query-inside-after-error',
    1,
    P('SELECT 1/0'),
    B({}),
    E(),
    Q('SELECT 2'),
    P('SELECT 3'),
    S,
  ),
  waiting(
    pipeline(
      'extended-query-error-inside',
      2,
      P('SELECT 1', 's'),
      B({ statement: 's' }),
      E(),
      Q('SELECT 1/0'),
      B({ statement: 's' }),
      E(),
      S,
    ),
  ),
  pipeline(
    'extended-implicit-rollback',
    2,
    Q('CREATE TEMP TABLE t (a int)'),
    P('INSERT INTO t VALUES (1)'),
    B({}),
    E(),
    P('SELECT 1/0'),
    B({}),
    E(),
    S,
  ),
  pipeline(
    'extended-transaction',
    4,
    P('BEGIN'),
    B({}),
    E(),
    P('SELECT 1'),
    B({}),
    E(),
    S,
    P('SELECT 1/0'),
    B({}),
    E(),
    S,
    P('SELECT 2'),
    B({}),
    E(),
    S,
    P('ROLLBACK'),
    B({}),
    E(),
    S,
  ),
  {
    name: 'extended-flush',
    run: async (client) => {
      client.send(P('SELECT $1::int AS n', 's'), D('S', 's'), H);
      await client.until('T');
      client.send(B({ statement: 's', values: ['1'] }), H);
      await client.until('2');
      client.send(E(), H);
      await client.until('C');
      client.send(C('S', 's'), S);
      await client.until('Z');
    },
  },
  {
    name: 'extended-error-then-flush',
    // What the database would skip does not leave the relay.
    reaching: 'PBEHSPBES',
    run: async (client) => {
      client.send(P('SELECT 1/0'), B({}), E(), H);
      await client.until('E');
      client.send(P('SELECT 1'), B({}), D('P'), E(), Q('SELECT 4'), d('x'), H);
      client.send(S);
      await client.until('Z');
      client.send(P('SELECT 2'), B({}), E(), S);
      await client.until('Z');
    },
  },
  {
    name: 'function-call-error-inside',
    // A function call is denied.
    reaching: 'PBEQPBES',
    run: async (client) => {
      client.send(
        P('SELECT 1'),
        B({}),
        E(),
        functionCall(999_999, 'x'),
        P('SELECT 2'),
        B({}),
        E(),
        S,
      );
      await client.until('Z', 2);
    },
  },
];

const NAMES: readonly Scenario[] = [
  {
    name: 'cursor-over-protocol',
    run: async (client) => {
      await ask(client, 'BEGIN', 'DECLARE cur CURSOR FOR SELECT generate_series(1, 4) AS g');
      client.send(D('P', 'cur'), E('cur', 2), E('cur', 1), S);
      await client.until('Z');
      await ask(client, 'FETCH ALL FROM cur', 'CLOSE cur', 'COMMIT');
    },
  },
  {
    name: 'portal-over-sql',
    run: async (client) => {
      await ask(client, 'BEGIN');
      client.send(P('SELECT generate_series(1, 4) AS g'), B({ portal: 'por' }), E('por', 1), S);
      await client.until('Z');
      await ask(client, 'FETCH 2 FROM por', 'CLOSE por');
      client.send(E('por'), S);
      await client.until('Z');
      await ask(client, 'ROLLBACK');
    },
  },
  {
    name: 'prepare-over-protocol',
    run: async (client) => {
      await ask(client, 'PREPARE sqlmade (int) AS SELECT $1 + 1 AS r');
      client.send(D('S', 'sqlmade'), B({ statement: 'sqlmade', values: ['1'] }), D('P'), E(), S);
      await client.until('Z');
      await ask(client, 'DEALLOCATE sqlmade');
      client.send(B({ statement: 'sqlmade', values: ['1'] }), E(), S);
      await client.until('Z');
    },
  },
  {
    name: 'parse-over-sql',
    run: async (client) => {
      client.send(P('SELECT $1::int + 1 AS r', 'wire'), S);
      await client.until('Z');
      await ask(client, 'EXECUTE wire(4)', 'DEALLOCATE wire', 'EXECUTE wire(5)');
      client.send(P('SELECT 1', 'wire'), B({ statement: 'wire' }), E(), S);
      await client.until('Z');
      await ask(client, 'DISCARD ALL');
      client.send(B({ statement: 'wire' }), E(), S);
      await client.until('Z');
    },
  },
  {
    name: 'statement-replaced-in-sql',
    run: async (client) => {
      client.send(P("SELECT 'protocol' AS origin", 's'), D('S', 's'), S);
      await client.until('Z');
      await ask(client, "DEALLOCATE s; PREPARE s AS SELECT 'sql' AS origin");
      client.send(B({ statement: 's' }), D('P'), E(), S);
      await client.until('Z');
    },
  },
];

const TABLE = 'CREATE TEMP TABLE k (a int, b text)';

const COPY: readonly Scenario[] = [
  simple(
    'copy-out',
    'COPY (SELECT i, i + 1 FROM generate_series(1, 4) i) TO STDOUT',
    'COPY (SELECT 1) TO STDOUT (FORMAT binary); SELECT 2; COPY (SELECT 3) TO STDOUT',
    'COPY (SELECT 1/(2 - i) FROM generate_series(1, 3) i) TO STDOUT',
  ),
  pipeline(
    'copy-out-extended',
    1,
    P('COPY (VALUES (1), (2)) TO STDOUT'),
    B({}),
    D('P'),
    E(),
    P('SELECT 1'),
    B({}),
    E(),
    S,
  ),
  {
    name: 'copy-in',
    run: async (client) => {
      await ask(client, TABLE);
      client.send(Q('COPY k FROM STDIN'));
      await client.until('G');
      client.send(d('1\tone\n2\tt'), d('wo\n'), H, c);
      await client.until('Z');
      await ask(client, 'SELECT * FROM k');
    },
  },
  {
    name: 'copy-in-pipelined',
    waits: true,
    // Copied data waits until the database asks for it, so that it counts for its statement.
    reaching: 'QQSHdcQHdcHdcQ',
    run: async (client) => {
      await ask(client, TABLE);
      const data = d('1\tone\n');
      client.send(Q('COPY k FROM STDIN'), S, data, c, Q('COPY k FROM STDIN; COPY k FROM STDIN'));
      client.send(data, c, data, c, Q('SELECT count(*) FROM k'));
      await client.until('Z', 3);
    },
  },
  {
    name: 'copy-in-fail',
    run: async (client) => {
      await ask(client, TABLE, 'BEGIN');
      client.send(Q('COPY k FROM STDIN; SELECT 1'));
      await client.until('G');
      client.send(d('1\tone\n'), f);
      await client.until('Z');
      await ask(client, 'ROLLBACK');
    },
  },
  {
    name: 'copy-in-server-error',
    waits: true,
    reaching: 'QQddHdcQ',
    run: async (client) => {
      await ask(client, TABLE);
      client.send(Q('COPY k FROM STDIN'));
      await client.until('G');
      client.send(d('1\tone\nx\ty\n'), d('3\tthree\n'));
      await client.until('E');
      client.send(d('4\tfour\n'), c, Q('SELECT count(*) FROM k'));
      await client.until('Z', 2);
    },
  },
  {
    name: 'copy-in-several',
    run: async (client) => {
      await ask(client, TABLE);
      client.send(Q('COPY k FROM STDIN; SELECT 1 AS between; COPY k FROM STDIN; COPY k TO STDOUT'));
      await client.until('G');
      client.send(d('1\tone\n'), c);
      await client.until('G');
      client.send(c);
      await client.until('Z');
    },
  },
  {
    name: 'copy-in-extended',
    run: async (client) => {
      await ask(client, TABLE);
      client.send(P('COPY k FROM STDIN'), B({}), D('P'), E(), H);
      await client.until('G');
      client.send(d('1\tone\n'), d('2\ttwo\n'), c, P('SELECT count(*) FROM k'), B({}), E(), S);
      await client.until('Z');
    },
  },
  {
    name: 'copy-in-extended-sync-at-once',
    run: async (client) => {
      await ask(client, TABLE);
      client.send(P('COPY k FROM STDIN'), B({}), E(), S);
      await client.until('G');
      client.send(d('1\tone\n'), c, S);
      await client.until('Z');
      await ask(client, 'SELECT * FROM k');
    },
  },
  {
    name: 'copy-in-extended-error',
    reaching: 'QPBEHdS',
    run: async (client) => {
      await ask(client, TABLE);
      client.send(P('COPY k FROM STDIN'), B({}), E(), H);
      await client.until('G');
      client.send(d('x\tone\n'));
      await client.until('E');
      client.send(d('2\ttwo\n'), c, P('SELECT 5'), S);
      await client.until('Z');
    },
  },
  {
    name: 'copy-in-extended-fail',
    run: async (client) => {
      await ask(client, TABLE);
      client.send(P('COPY k FROM STDIN'), B({}), E(), H);
      await client.until('G');
      client.send(d('1\tone\n'), f, S);
      await client.until('Z');
    },
  },
];

const ASYNCHRONOUS: readonly Scenario[] = [
  simple(
    'notice',
    "DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$; SELECT 1",
    'DROP TABLE IF EXISTS absent',
  ),
  {
    name: 'notify',
    run: async (client, { elsewhere }) => {
      await ask(client, 'LISTEN ears', "NOTIFY ears, 'self'");
      await elsewhere("NOTIFY ears, 'idle'");
      await client.until('A');
      client.send(P("SELECT pg_notify('ears', 'batch')"), B({}), D('P'), E(), S);
      await client.until('Z');
    },
  },
  simple(
    'parameter-status',
    "SET application_name = 'weir'; SET client_encoding = 'LATIN1'",
    "SELECT 'x'",
    'SET standard_conforming_strings = off; SELECT 1',
    "SELECT 'a\\'; SELECT 2'; SELECT 3",
    'RESET ALL',
  ),
  {
    name: 'deferred-constraint',
    run: async (client) => {
      await ask(client, 'CREATE TEMP TABLE u (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)');
      client.send(P('INSERT INTO u VALUES (1), (1)'), B({}), E(), S);
      await client.until('Z');
      await ask(
        client,
        'BEGIN; INSERT INTO u VALUES (2), (2)',
        'COMMIT',
        'INSERT INTO u VALUES (3), (3); SELECT 1',
      );
    },
  },
  {
    name: 'terminated-idle',
    run: async (client, { elsewhere }) => {
      await ask(client, "SET application_name = 'doomed'");
      await elsewhere(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doomed'",
      );
      await client.untilEnd();
    },
  },
  {
    name: 'terminated-running',
    run: async (client) => {
      client.send(
        P('SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)'),
        B({}),
        E(),
        P('SELECT 1'),
        B({}),
        E(),
        S,
      );
      await client.untilEnd();
    },
  },
  {
    name: 'goodbye',
    run: async (client) => {
      client.send(Q('SELECT 1'), X);
      await client.untilEnd();
    },
  },
];

export const SCENARIOS: readonly Scenario[] = [
  ...SIMPLE,
  ...EXTENDED,
  ...NAMES,
  ...COPY,
  ...ASYNCHRONOUS,
];

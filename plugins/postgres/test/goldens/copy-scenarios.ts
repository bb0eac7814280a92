import { B, c, D, d, E, f, H, P, Q, S } from '../frontend-messages.ts';
import { ask, pipeline, type Scenario, simple } from './scenario.ts';

const TABLE = 'CREATE TEMP TABLE k (a int, b text)';

export const COPY: readonly Scenario[] = [
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
    // Copied data waits until the database asks for it, so that it counts for its statement; and what
    // comes behind the copy, until it shows whether that has swallowed the Sync.
    reaching: 'QQSHdcHQHdcHdcQ',
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
    run: async (client) => {
      await ask(client, TABLE);
      client.send(Q('COPY k FROM STDIN'));
      await client.until('G');
      client.send(d('1\tone\nx\ty\n'), d('3\tthree\n'), c, Q('SELECT count(*) FROM k'));
      await client.until('Z', 2);
    },
  },
  {
    name: 'copy-in-server-error-seen-late',
    run: async (client) => {
      await ask(client, TABLE);
      client.send(Q('COPY k FROM STDIN'));
      await client.until('G');
      client.send(d('1\tone\nx\ty\n'));
      await client.until('Z');
      client.send(d('3\tthree\n'), c, Q('SELECT count(*) FROM k'));
      await client.until('Z');
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

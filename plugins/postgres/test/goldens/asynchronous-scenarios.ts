import { B, D, E, P, Q, S, X } from '../frontend-messages.ts';
import { ask, type Scenario, simple } from './scenario.ts';

export const ASYNCHRONOUS: readonly Scenario[] = [
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

import { B, D, E, P, S } from '../frontend-messages.ts';
import { ask, type Scenario } from './scenario.ts';

export const NAMES: readonly Scenario[] = [
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

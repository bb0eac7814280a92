import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { Client, Query } from 'pg';
import Cursor from 'pg-cursor';
import { connectionFromEnvironment } from '../../src/connection.ts';
import { FAILING_RESULT, fails } from '../../src/content.ts';
import { connect } from './session.ts';

/** Runs a query that must fail with this SQLSTATE; gives the rows that came before. */
export async function rowsBefore<Row>(
  client: Client,
  text: string,
  code: string,
  meanwhile: (query: Query) => Promise<void> = async () => {},
): Promise<readonly Row[]> {
  const query = new Query<Row & object>(text);
  const rows: Row[] = [];
  query.on('row', (row) => rows.push(row));
  const failed = fails(
    once(client.query(query), 'error').then(([error]) => Promise.reject(error)),
    code,
  );
  await meanwhile(query);
  await failed;
  return rows;
}

/** Cancels a query as soon as it sleeps; gives the rows that came before. */
export async function cancelAsleep(client: Client, text: string): Promise<readonly unknown[]> {
  const pid = await pidOf(client);
  return rowsBefore(client, text, '57014', (query) => cancelSleeping(client, pid, query));
}

/** The number of a client's session. */
export async function pidOf(client: Client): Promise<number> {
  return (await client.query('select pg_backend_pid() as pid')).rows[0].pid;
}

/** Cancels a query once another session sees it sleep, so that the cancel cannot come too early. */
export async function cancelSleeping(client: Client, pid: number, query: object): Promise<void> {
  const observer = await connect();
  const asleep = "select 1 from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'";
  while ((await observer.query(asleep, [pid])).rows.length === 0);
  await observer.end();
  const { host, port } = connectionFromEnvironment();
  // Its own `cancel` takes the query that is to end; the request goes out before any TLS.
  const cancel = Reflect.get(Client.prototype, 'cancel');
  Reflect.apply(cancel, new Client({ host, port }), [client, query]);
}

/** Reads through a cursor until the server fails. */
export async function failToReadOn(client: Client): Promise<void> {
  const open = client.query(new Cursor(FAILING_RESULT));
  strictEqual((await open.read(400)).length, 400);
  await fails(open.read(400), '22012');
  await open.close();
}

/** Runs steps of which some must fail. */
export async function runSteps(
  client: Client,
  steps: readonly { readonly text: string; readonly code?: string }[],
): Promise<void> {
  for (const { text, code = 'none' } of steps) {
    const outcome = await client.query(text).then(
      () => 'none',
      (error) => error.code,
    );
    deepStrictEqual([text, outcome], [text, code]);
  }
}

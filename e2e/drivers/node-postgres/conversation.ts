import { deepStrictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { Client, type Notification, Query } from 'pg';
import { connectionFromEnvironment } from '../../src/connection.ts';
import { fails, TEXT } from '../../src/content.ts';
import { connect } from './session.ts';

/** Waits until another session sees this one sleep, so that a cancel cannot come too early. */
async function sleeping(observer: Client, pid: number): Promise<void> {
  for (;;) {
    const { rows } = await observer.query(
      "select 1 from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'",
      [pid],
    );
    if (rows.length > 0) return;
  }
}

export async function cancel(client: Client): Promise<string> {
  const observer = await connect();
  const pid = (await client.query('select pg_backend_pid() as pid')).rows[0].pid;
  const query = new Query('select pg_sleep(30)');
  const failed = once(client.query(query), 'error').then(([error]) => Promise.reject(error));
  const expected = fails(failed, '57014');
  await sleeping(observer, pid);
  const { host, port } = connectionFromEnvironment();
  // Its own `cancel` takes the query that is to end; the request goes out before any TLS.
  Reflect.apply(Reflect.get(Client.prototype, 'cancel'), new Client({ host, port }), [
    client,
    query,
  ]);
  await expected;
  await observer.end();
  return '57014';
}

export async function notify(client: Client): Promise<string> {
  const sender = await connect();
  const received: string[] = [];
  const all = new Promise<void>((resolve) => {
    client.on('notification', ({ payload }: Notification) => {
      if (received.push(String(payload)) === 21) resolve();
    });
  });
  await client.query('listen e2e_node_postgres');
  for (let n = 0; n < 20; n += 1) await sender.query(`notify e2e_node_postgres, 'number ${n}'`);
  await sender.query("select pg_notify('e2e_node_postgres', $1)", [TEXT]);
  await all;
  client.removeAllListeners('notification');
  await client.query('unlisten *');
  await sender.end();
  deepStrictEqual(received, [...Array.from({ length: 20 }, (_, n) => `number ${n}`), TEXT]);
  return `${received.length} notifications in order`;
}

export async function savepoint(client: Client): Promise<string> {
  await client.query('create temp table saved (n int primary key)');
  await client.query('begin');
  await client.query('insert into saved values ($1)', [1]);
  await client.query('savepoint before');
  await fails(client.query('insert into saved values ($1)', [1]), '23505');
  await fails(client.query('select 1'), '25P02');
  await client.query('rollback to savepoint before');
  await client.query('insert into saved values ($1)', [2]);
  await client.query('commit');
  const { rows } = await client.query('select n from saved order by n');
  deepStrictEqual(rows, [{ n: 1 }, { n: 2 }]);
  return 'rows before and after the error were kept';
}

export async function notices(client: Client): Promise<string> {
  const events: unknown[] = [];
  client.on('notice', ({ message, severity, code }) => events.push([severity, code, message]));
  await client.query(`do $$ begin raise notice 'one %', 1; raise warning 'two';
    raise info using message = 'three', errcode = '01W01'; end $$`);
  events.push('done');
  client.removeAllListeners('notice');
  deepStrictEqual(events, [
    ['NOTICE', '00000', 'one 1'],
    ['WARNING', '01000', 'two'],
    ['INFO', '01W01', 'three'],
    'done',
  ]);
  return '3 notices';
}

export async function transactionStatus(client: Client): Promise<string> {
  const seen: unknown[] = [];
  for (const text of ['select 1', 'begin', 'select 1', 'select 1/0', 'select 1', 'commit']) {
    // An error arrives before the message that tells the status; the queue drains after both.
    const drained = once(client, 'drain');
    const outcome = await client.query(text).then(
      ({ command }) => command,
      ({ code }) => code,
    );
    await drained;
    seen.push(`${outcome} ${client.getTransactionStatus()}`);
  }
  deepStrictEqual(seen, ['SELECT I', 'BEGIN T', 'SELECT T', '22012 E', '25P02 E', 'ROLLBACK I']);
  return seen.join(', ');
}

import { deepStrictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import type { Client, Notification } from 'pg';
import { COMMITTED_PAYLOADS, notifyingSteps, TEXT } from '../../src/content.ts';
import { cancelAsleep, runSteps } from './failing.ts';
import { connect } from './session.ts';

export async function cancel(client: Client): Promise<string> {
  deepStrictEqual(await cancelAsleep(client, 'select pg_sleep(30)'), []);
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

export async function notifyError(client: Client): Promise<string> {
  const sender = await connect();
  const received: unknown[] = [];
  const last = new Promise<void>((resolve) => {
    client.on('notification', ({ payload }: Notification) => {
      received.push(payload);
      if (payload === 'end') resolve();
    });
  });
  await client.query('listen e2e_node_postgres_error');
  await runSteps(sender, notifyingSteps('e2e_node_postgres_error'));
  await last;
  client.removeAllListeners('notification');
  await client.query('unlisten *');
  await sender.end();
  deepStrictEqual(received, COMMITTED_PAYLOADS);
  return received.join(', ');
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

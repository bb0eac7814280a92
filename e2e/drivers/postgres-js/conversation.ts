import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { Sql } from 'postgres';
import { COMMITTED_PAYLOADS, notifyingSteps, TEXT } from '../../src/content.ts';
import { cancelAsleep } from './failing.ts';
import { connect, notices } from './session.ts';

export async function cancel(sql: Sql): Promise<string> {
  strictEqual(await cancelAsleep(sql, 'select 1 where pg_sleep(30) is null'), 0);
  return '57014';
}

export async function notify(sql: Sql): Promise<string> {
  const listener = connect();
  const expected = [TEXT, ...Array.from({ length: 20 }, (_, n) => `number ${n}`)];
  const received: string[] = [];
  const { promise: all, resolve } = Promise.withResolvers<void>();
  await listener.listen('e2e_postgres_js', (payload) => {
    if (received.push(payload) === expected.length) resolve();
  });
  for (const payload of expected) await sql.notify('e2e_postgres_js', payload);
  await all;
  await listener.end({ timeout: 5 });
  deepStrictEqual(received, expected);
  return `${received.length} notifications in order`;
}

export async function notifyError(sql: Sql): Promise<string> {
  const channel = 'e2e_postgres_js_error';
  const listener = connect();
  const received: string[] = [];
  const { promise: last, resolve } = Promise.withResolvers<void>();
  await listener.listen(channel, (payload) => {
    received.push(payload);
    if (payload === 'end') resolve();
  });
  const reserved = await sql.reserve();
  for (const { text, code = 'none' } of notifyingSteps(channel)) {
    const outcome = await reserved.unsafe(text).then(
      () => 'none',
      (error) => error.code,
    );
    deepStrictEqual([text, outcome], [text, code]);
  }
  reserved.release();
  await last;
  await listener.end({ timeout: 5 });
  deepStrictEqual(received, COMMITTED_PAYLOADS);
  return received.join(', ');
}

export async function sendNotices(sql: Sql): Promise<string> {
  notices.length = 0;
  await sql.unsafe(`do $$ begin raise notice 'one %', 1; raise warning 'two';
    raise info using message = 'three', errcode = '01W01'; end $$`);
  const seen = notices.map((notice) => [notice['severity'], notice['code'], notice['message']]);
  deepStrictEqual(seen, [
    ['NOTICE', '00000', 'one 1'],
    ['WARNING', '01000', 'two'],
    ['INFO', '01W01', 'three'],
  ]);
  return '3 notices';
}

/** It has no word for the status; a command's tag and an error's code tell it. */
export async function transactionStatus(sql: Sql): Promise<string> {
  const reserved = await sql.reserve();
  const seen: unknown[] = [];
  for (const text of ['select 1', 'begin', 'select 1', 'select 1/0', 'select 1', 'commit']) {
    const outcome = await reserved.unsafe(text).then(
      ({ command }) => command,
      ({ code }) => code,
    );
    seen.push(outcome);
  }
  reserved.release();
  deepStrictEqual(seen, ['SELECT', 'BEGIN', 'SELECT', '22012', '25P02', 'ROLLBACK']);
  return seen.join(', ');
}

import { deepStrictEqual, ok } from 'node:assert/strict';
import type { Sql } from 'postgres';
import { fails, TEXT } from '../../src/content.ts';
import { connect, notices } from './session.ts';

/** Its cancel request goes over TLS. */
export async function cancel(sql: Sql): Promise<string> {
  const observer = connect();
  const [row] = await sql`select pg_backend_pid() as pid`;
  const query = sql`select pg_sleep(30)`;
  const expected = fails(query, '57014');
  for (let asleep = 0; asleep === 0; ) {
    const rows = await observer`select 1 from pg_stat_activity
      where pid = ${Number(row?.['pid'])} and wait_event = 'PgSleep'`;
    asleep = rows.length;
  }
  query.cancel();
  await expected;
  await observer.end();
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

export async function largeObject(sql: Sql): Promise<string> {
  const content = Buffer.alloc(
    1 << 20,
    Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  );
  const object = await sql.largeObject();
  for (let at = 0; at < content.length; at += 65536) {
    await object.write(content.subarray(at, at + 65536));
  }
  await object.seek(300);
  // Its types say that `read` gives nothing; it gives rows.
  const rows: unknown = await object.read(content.length);
  await object.close();
  ok(Array.isArray(rows) && content.subarray(300).equals(rows[0].data));
  return `${content.length} bytes`;
}

export async function savepoint(sql: Sql): Promise<string> {
  await sql.unsafe('create temp table saved (n int primary key)').simple();
  await sql.begin(async (tx) => {
    await tx`insert into saved values (${1})`;
    await fails(
      tx.savepoint((inner) => inner`insert into saved values (${1})`),
      '23505',
    );
    await tx`insert into saved values (${2})`;
  });
  deepStrictEqual([...(await sql`select n from saved order by n`)], [{ n: 1 }, { n: 2 }]);
  return 'rows before and after the error were kept';
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

import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { ISql, PendingQuery, Row } from 'postgres';
import { FAILING_RESULT, fails } from '../../src/content.ts';
import { connect } from './session.ts';

/** Cancels a query as soon as it sleeps. Its cancel request goes over TLS. */
export async function cancelAsleep(
  sql: ISql,
  query: PendingQuery<Row[]>,
  meanwhile: () => void = () => {},
): Promise<void> {
  const observer = connect();
  const [row] = await sql`select pg_backend_pid() as pid`;
  const expected = fails(query, '57014');
  for (let asleep = 0; asleep === 0; ) {
    const rows = await observer`select 1 from pg_stat_activity
      where pid = ${Number(row?.['pid'])} and wait_event = 'PgSleep'`;
    asleep = rows.length;
  }
  meanwhile();
  query.cancel();
  await expected;
  await observer.end();
}

/** Reads through a cursor until the server fails. */
export async function failToReadOn(sql: ISql): Promise<void> {
  let read = 0;
  const whole = async () => {
    const failing = sql.unsafe(`${FAILING_RESULT} where $1`, [true]);
    for await (const rows of failing.cursor(100)) read += rows.length;
  };
  await fails(whole(), '22012');
  strictEqual(read, 400);
}

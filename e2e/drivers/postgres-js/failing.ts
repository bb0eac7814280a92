import { strictEqual } from 'node:assert/strict';
import type { ISql } from 'postgres';
import { FAILING_RESULT, fails } from '../../src/content.ts';
import { connect } from './session.ts';

/** Cancels a query as soon as it sleeps; counts the rows before. Its cancel request goes over TLS. */
export async function cancelAsleep(sql: ISql, text: string): Promise<number> {
  const observer = connect();
  const [row] = await sql`select pg_backend_pid() as pid`;
  let rows = 0;
  const query = sql.unsafe(text);
  const expected = fails(
    query.forEach(() => {
      rows += 1;
    }),
    '57014',
  );
  for (let asleep = 0; asleep === 0; ) {
    const sleepers = await observer`select 1 from pg_stat_activity
      where pid = ${Number(row?.['pid'])} and wait_event = 'PgSleep'`;
    asleep = sleepers.length;
  }
  query.cancel();
  await expected;
  await observer.end();
  return rows;
}

/**
 * Reads through a cursor until the server fails. It fails at the first row of a piece: where it fails
 * after some, this driver (3.4.9) counts them as rows of the next result.
 */
export async function failToReadOn(sql: ISql): Promise<void> {
  let read = 0;
  const whole = async () => {
    for await (const rows of sql.unsafe(FAILING_RESULT).cursor(499)) read += rows.length;
  };
  await fails(whole(), '22012');
  strictEqual(read, 499);
}

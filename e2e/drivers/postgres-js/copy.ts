import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ISql, Sql } from 'postgres';
import {
  BINARY_SIGNATURE,
  BINARY_SOURCE,
  FAILING_RESULT,
  fails,
  sumTo,
} from '../../src/content.ts';

const ROWS = 100_000;

function* lines(bad?: number): Generator<string> {
  for (let i = 1; i <= ROWS; i += 1) yield `${i === bad ? 'not a number' : i}\trow ${i} ü\n`;
}

async function makeTable(sql: ISql): Promise<void> {
  await sql
    .unsafe('drop table if exists copied; create temp table copied (i int, t text)')
    .simple();
}

async function countRows(sql: Sql): Promise<unknown> {
  const [row] = await sql.unsafe('select count(*)::int as n from copied');
  return row?.['n'];
}

export async function copyIn(sql: Sql): Promise<string> {
  await makeTable(sql);
  await pipeline(Readable.from(lines()), await sql`copy copied from stdin`.writable());
  const [row] = await sql.unsafe(
    "select count(*)::int n, sum(i)::float8 sum, bool_and(t = 'row ' || i || ' ü') same from copied",
  );
  deepStrictEqual(row, { n: ROWS, sum: sumTo(ROWS), same: true });
  return `${ROWS} rows`;
}

export async function copyOut(sql: Sql): Promise<string> {
  const input = await sql
    .unsafe(`copy (select i, md5(i::text) from generate_series(1, ${ROWS}) i) to stdout`)
    .readable();
  let seen = 0;
  for await (const line of createInterface({ input })) {
    seen += 1;
    ok(line.startsWith(`${seen}\t`) && line.length === String(seen).length + 33, line);
  }
  strictEqual(seen, ROWS);
  return `${seen} rows`;
}

/** Copies rows in of which the server refuses one in the middle. */
export async function failToCopyIn(sql: ISql): Promise<void> {
  await makeTable(sql);
  const copy = await sql`copy copied from stdin`.writable();
  await fails(pipeline(Readable.from(lines(ROWS / 2)), copy), '22P02');
}

export async function copyInError(sql: Sql): Promise<string> {
  await failToCopyIn(sql);
  strictEqual(await countRows(sql), 0);
  return `22P02 at row ${ROWS / 2}`;
}

export async function copyInAborted(sql: Sql): Promise<string> {
  await makeTable(sql);
  const copy = await sql`copy copied from stdin`.writable();
  copy.write('1\tfirst\n');
  const closed = once(copy, 'close');
  copy.destroy(new Error('changed my mind'));
  await closed.catch(() => 'the error that it was destroyed with');
  strictEqual(await countRows(sql), 0);
  return 'nothing was copied';
}

/** Copies rows out until the server fails. */
export async function failToCopyOut(sql: ISql): Promise<void> {
  const copy = await sql.unsafe(`copy (${FAILING_RESULT}) to stdout`).readable();
  const read = async () => {
    for await (const _chunk of copy);
  };
  await fails(read(), '22012');
}

export async function copyOutError(sql: Sql): Promise<string> {
  await failToCopyOut(sql);
  return '22012';
}

async function copiedOut(sql: Sql, what: string): Promise<Buffer> {
  return buffer(await sql.unsafe(`copy ${what} to stdout (format binary)`).readable());
}

export async function copyBinary(sql: Sql): Promise<string> {
  await sql.unsafe(`create temp table copied_binary as ${BINARY_SOURCE} with no data`);
  const out = await copiedOut(sql, `(${BINARY_SOURCE})`);
  deepStrictEqual(out.subarray(0, BINARY_SIGNATURE.length), BINARY_SIGNATURE);
  const copy = await sql`copy copied_binary from stdin (format binary)`.writable();
  await pipeline(Readable.from([out]), copy);
  ok(out.equals(await copiedOut(sql, 'copied_binary')));
  const wrong = await sql.unsafe(`table copied_binary except all ${BINARY_SOURCE}`);
  deepStrictEqual([...wrong], []);
  return `${out.length} bytes`;
}

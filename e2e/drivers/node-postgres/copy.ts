import { deepStrictEqual, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import {
  BINARY_ROWS,
  BINARY_SIGNATURE,
  BINARY_SOURCE,
  FAILING_RESULT,
  fails,
  SLEEPING_RESULT,
  sumTo,
} from '../../src/content.ts';
import { cancelSleeping, pidOf } from './failing.ts';

const ROWS = 100_000;

function* lines(count: number, bad?: number): Generator<string> {
  for (let i = 1; i <= count; i += 1) yield `${i === bad ? 'not a number' : i}\trow ${i} ü\n`;
}

async function makeTable(client: Client): Promise<void> {
  await client.query('drop table if exists copied; create temp table copied (i int, t text)');
}

async function countRows(client: Client): Promise<number> {
  const { rows } = await client.query('select count(*)::int as n from copied');
  return rows[0].n;
}

export async function copyIn(client: Client): Promise<string> {
  await makeTable(client);
  const copy = client.query(copyFrom('copy copied from stdin'));
  await pipeline(Readable.from(lines(ROWS)), copy);
  const { rows } = await client.query(
    "select count(*)::int n, sum(i)::float8 sum, bool_and(t = 'row ' || i || ' ü') same from copied",
  );
  deepStrictEqual(rows, [{ n: ROWS, sum: sumTo(ROWS), same: true }]);
  deepStrictEqual(copy.rowCount, ROWS);
  return `${ROWS} rows`;
}

export async function copyOut(client: Client): Promise<string> {
  const copy = client.query(
    copyTo(`copy (select i, md5(i::text) from generate_series(1, ${ROWS}) i) to stdout`),
  );
  let seen = 0;
  for await (const line of createInterface({ input: copy })) {
    seen += 1;
    ok(line.startsWith(`${seen}\t`) && line.length === String(seen).length + 33, line);
  }
  deepStrictEqual([seen, copy.rowCount], [ROWS, ROWS]);
  return `${seen} rows`;
}

/** Copies rows in of which the server refuses one in the middle. */
export async function failToCopyIn(client: Client): Promise<void> {
  await makeTable(client);
  const copy = client.query(copyFrom('copy copied from stdin'));
  await fails(pipeline(Readable.from(lines(ROWS, ROWS / 2)), copy), '22P02');
}

export async function copyInError(client: Client): Promise<string> {
  await failToCopyIn(client);
  deepStrictEqual(await countRows(client), 0);
  return `22P02 at row ${ROWS / 2}`;
}

export async function copyInAborted(client: Client): Promise<string> {
  await makeTable(client);
  const copy = client.query(copyFrom('copy copied from stdin'));
  copy.write('1\tfirst\n');
  const closed = once(copy, 'close');
  copy.destroy(new Error('changed my mind'));
  await closed.catch(() => 'the error that it was destroyed with');
  deepStrictEqual(await countRows(client), 0);
  return 'nothing was copied';
}

/** Copies rows out until the server fails; gives the bytes that came before. */
export async function failToCopyOut(client: Client): Promise<number> {
  const copy = client.query(copyTo(`copy (${FAILING_RESULT}) to stdout`));
  let bytes = 0;
  const read = async () => {
    for await (const chunk of copy) bytes += chunk.length;
  };
  await fails(read(), '22012');
  return bytes;
}

export async function copyOutError(client: Client): Promise<string> {
  return `22012 after ${await failToCopyOut(client)} bytes`;
}

export async function cancelCopy(client: Client): Promise<string> {
  const pid = await pidOf(client);
  const copy = client.query(copyTo(`copy (${SLEEPING_RESULT}) to stdout`));
  const read = async () => {
    for await (const _chunk of copy);
  };
  const expected = fails(read(), '57014');
  await cancelSleeping(client, pid, copy);
  await expected;
  return '57014';
}

async function copiedOut(client: Client, what: string): Promise<Buffer> {
  const copy = client.query(copyTo(`copy ${what} to stdout (format binary)`));
  const chunks: Buffer[] = [];
  for await (const chunk of copy) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function copyBinary(client: Client): Promise<string> {
  await client.query(`create temp table copied_binary as ${BINARY_SOURCE} with no data`);
  const out = await copiedOut(client, `(${BINARY_SOURCE})`);
  deepStrictEqual(out.subarray(0, BINARY_SIGNATURE.length), BINARY_SIGNATURE);
  const copy = client.query(copyFrom('copy copied_binary from stdin (format binary)'));
  await pipeline(Readable.from([out]), copy);
  deepStrictEqual(copy.rowCount, BINARY_ROWS);
  ok(out.equals(await copiedOut(client, 'copied_binary')));
  const { rows } = await client.query(`table copied_binary except all ${BINARY_SOURCE}`);
  deepStrictEqual(rows, []);
  return `${out.length} bytes`;
}

import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { Client } from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import {
  BIG_RESULT,
  BIG_ROWS,
  BIG_STATEMENT_LENGTH,
  BIG_VALUE,
  BIG_VALUE_LENGTH,
  checkBigRow,
  checkBigValue,
  MOST_PARAMETERS,
  md5,
  sumTo,
} from '../../src/content.ts';
import { failToReadOn } from './failing.ts';

const SERIES = 'select i from generate_series(1, $1::int) i';

export async function cursor(client: Client): Promise<string> {
  const open = client.query(new Cursor<{ readonly i: number }>(SERIES, [1000]));
  const sizes: number[] = [];
  let sum = 0;
  for (let rows = await open.read(300); rows.length > 0; rows = await open.read(300)) {
    sizes.push(rows.length);
    sum += rows.reduce((total, { i }) => total + i, 0);
  }
  await open.close();
  deepStrictEqual([sizes, sum], [[300, 300, 300, 100], sumTo(1000)]);
  return sizes.join(' + ');
}

export async function cursorClosedEarly(client: Client): Promise<string> {
  const open = client.query(new Cursor(SERIES, [1_000_000]));
  strictEqual((await open.read(10)).length, 10);
  await open.close();
  let read = 0;
  for await (const _row of client.query(new QueryStream(SERIES, [1_000_000], { batchSize: 50 }))) {
    read += 1;
    if (read === 60) break;
  }
  return 'left after 10 of 1,000,000 rows, and after 60';
}

export async function cursorError(client: Client): Promise<string> {
  await failToReadOn(client);
  return '22012 after 400 rows';
}

export async function bigStatement(client: Client): Promise<string> {
  const literal = 'weir '.repeat(BIG_STATEMENT_LENGTH / 5);
  const expected = [{ length: BIG_STATEMENT_LENGTH, md5: md5(literal) }];
  const simple = await client.query(`select length(t), md5(t) from (select '${literal}' t) s`);
  deepStrictEqual(simple.rows, expected);
  const extended = await client.query(
    `select length(t), md5(t), $1::int from (select '${literal}' t) s`,
    [1],
  );
  deepStrictEqual(
    extended.rows.map(({ length, md5 }) => ({ length, md5 })),
    expected,
  );
  return `${BIG_STATEMENT_LENGTH} characters, simple and extended`;
}

export async function manyParameters(client: Client): Promise<string> {
  const values = Array.from({ length: MOST_PARAMETERS }, (_, n) => n + 1);
  const list = values.map((n) => `($${n}::int8)`).join(',');
  const { rows } = await client.query(
    `select count(*)::int as n, sum(v)::int8 as sum from (values ${list}) t(v)`,
    values,
  );
  deepStrictEqual(rows, [{ n: MOST_PARAMETERS, sum: String(sumTo(MOST_PARAMETERS)) }]);
  return `${MOST_PARAMETERS} parameters`;
}

export async function bigResult(client: Client): Promise<string> {
  let rows = 0;
  const stream = client.query(new QueryStream(BIG_RESULT, [], { batchSize: 1000 }));
  for await (const { i, text } of stream) {
    rows += 1;
    strictEqual(i, rows);
    checkBigRow(i, text);
  }
  strictEqual(rows, BIG_ROWS);
  return `${rows} rows`;
}

export async function bigParameter(client: Client): Promise<string> {
  const value = Buffer.alloc(
    BIG_VALUE_LENGTH,
    Buffer.from(Array.from({ length: 256 }, (_, n) => n)),
  );
  const text = 'select length(v), md5(v) from (select $1::bytea v) s';
  const { rows } = await client.query(text, [value]);
  deepStrictEqual(rows, [{ length: BIG_VALUE_LENGTH, md5: md5(value) }]);
  return `${value.length} bytes`;
}

export async function bigValue(client: Client): Promise<string> {
  const { rows } = await client.query(BIG_VALUE);
  checkBigValue(rows[0].text);
  return `${rows[0].text.length} characters`;
}

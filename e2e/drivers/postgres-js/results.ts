import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { Sql } from 'postgres';
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

/** The most that this driver lets through. */
const ITS_PARAMETERS = MOST_PARAMETERS - 2;

export async function cursor(sql: Sql): Promise<string> {
  const sizes: number[] = [];
  let sum = 0;
  for await (const rows of sql`select i from generate_series(1, ${1000}::int) i`.cursor(300)) {
    sizes.push(rows.length);
    sum += rows.reduce((total, row) => total + Number(row['i']), 0);
  }
  deepStrictEqual([sizes, sum], [[300, 300, 300, 100], sumTo(1000)]);
  return sizes.join(' + ');
}

export async function cursorClosedEarly(sql: Sql): Promise<string> {
  let read = 0;
  for await (const rows of sql`select i from generate_series(1, ${1_000_000}::int) i`.cursor(50)) {
    read += rows.length;
    if (read === 100) break;
  }
  let given = 0;
  await sql`select i from generate_series(1, ${1_000_000}::int) i`.cursor(10, (rows) => {
    given += rows.length;
    return given === 20 ? sql.CLOSE : undefined;
  });
  deepStrictEqual([read, given], [100, 20]);
  return 'left after 100 of 1,000,000 rows, and after 20';
}

export async function cursorError(sql: Sql): Promise<string> {
  await failToReadOn(sql);
  return '22012 after 499 rows';
}

export async function bigStatement(sql: Sql): Promise<string> {
  const literal = 'weir '.repeat(BIG_STATEMENT_LENGTH / 5);
  const text = `select length(t), md5(t) from (select '${literal}' t) s`;
  const expected = [{ length: BIG_STATEMENT_LENGTH, md5: md5(literal) }];
  deepStrictEqual([...(await sql.unsafe(text).simple())], expected);
  deepStrictEqual([...(await sql.unsafe(`${text} where $1`, [true]))], expected);
  return `${BIG_STATEMENT_LENGTH} characters, simple and extended`;
}

export async function manyParameters(sql: Sql): Promise<string> {
  const values = Array.from({ length: ITS_PARAMETERS }, (_, n) => n + 1);
  const list = values.map((n) => `($${n}::int8)`).join(',');
  const rows = await sql.unsafe(
    `select count(*)::int as n, sum(v)::int8 as sum from (values ${list}) t(v)`,
    values,
  );
  deepStrictEqual([...rows], [{ n: ITS_PARAMETERS, sum: String(sumTo(ITS_PARAMETERS)) }]);
  return `${ITS_PARAMETERS} parameters`;
}

export async function bigResult(sql: Sql): Promise<string> {
  let seen = 0;
  await sql.unsafe(BIG_RESULT).forEach((row) => {
    seen += 1;
    strictEqual(row['i'], seen);
    checkBigRow(seen, row['text']);
  });
  strictEqual(seen, BIG_ROWS);
  return `${seen} rows`;
}

/** A text: of bytes it would make a text in hex, twice as long, and Node has no string of that size. */
export async function bigParameter(sql: Sql): Promise<string> {
  const value = 'weir'.repeat(BIG_VALUE_LENGTH / 4);
  const [row] = await sql`select length(v), md5(v) from (select ${value}::text v) s`;
  deepStrictEqual(row, { length: BIG_VALUE_LENGTH, md5: md5(value) });
  return `${value.length} characters`;
}

export async function bigValue(sql: Sql): Promise<string> {
  const [row] = await sql.unsafe(BIG_VALUE);
  checkBigValue(row?.['text']);
  return `${row?.['text'].length} characters`;
}

import { deepStrictEqual, match, ok } from 'node:assert/strict';
import type { Sql } from 'postgres';
import { fails, TEXT } from '../../src/content.ts';
import { connect } from './session.ts';

/** Its TLS options let no other connection come about; a wrong authority is refused. */
export async function tlsLogin(): Promise<string> {
  const sql = connect();
  const [row] = await sql`select version()`;
  match(String(row?.['version']), /^PostgreSQL /);
  await sql.end();
  return String(row?.['version']);
}

export async function simpleQuery(sql: Sql): Promise<string> {
  const result = await sql.unsafe('select 1 as one, null as none').simple();
  deepStrictEqual([...result], [{ one: 1, none: null }]);
  return result.command;
}

/** It gives the rows of each statement that has some. */
export async function severalStatements(sql: Sql): Promise<string> {
  const results = await sql
    .unsafe(
      `create temp table several (n int); insert into several select generate_series(1, 3);
       select 1 as first; update several set n = n * 2; select sum(n)::int as sum from several`,
    )
    .simple();
  const rows = results.flatMap((result) => (Array.isArray(result) ? [...result] : []));
  deepStrictEqual(rows, [{ first: 1 }, { sum: 12 }]);
  await fails(sql.unsafe('select 1; select 1 / 0; select 2').simple(), '22012');
  return 'the rows of both queries';
}

export async function preparedUnnamed(sql: Sql): Promise<string> {
  const rows = await sql.unsafe('select $1::int + 1 as n, $2::text as t', [41, TEXT], {
    prepare: false,
  });
  deepStrictEqual([...rows], [{ n: 42, t: TEXT }]);
  return 'as sent';
}

export async function preparedNamed(sql: Sql): Promise<string> {
  for (let n = 0; n < 200; n += 1) {
    deepStrictEqual([...(await sql`select ${n}::int * 2 as double`)], [{ double: n * 2 }]);
  }
  const [row] = await sql`select count(*)::int as n from pg_prepared_statements
    where statement = 'select $1::int * 2 as double'`;
  deepStrictEqual(row, { n: 1 });
  return '200 runs of one statement';
}

/** It prepares again, by itself and under a new name, what the session forgot. */
export async function preparedAgain(sql: Sql): Promise<string> {
  const names = async () =>
    (await sql.unsafe('select name from pg_prepared_statements').simple()).map(({ name }) => name);
  for (const word of ['deallocate all', 'discard all', 'deallocate all']) {
    for (const n of [1, 2]) {
      deepStrictEqual([...(await sql`select ${n}::int * 3 as triple`)], [{ triple: n * 3 }]);
    }
    ok((await names()).length > 0);
    await sql.unsafe(word).simple();
    deepStrictEqual(await names(), []);
  }
  deepStrictEqual([...(await sql`select ${5}::int * 3 as triple`)], [{ triple: 15 }]);
  deepStrictEqual((await names()).length, 1);
  return 'after deallocate all and discard all';
}

export async function preparedError(sql: Sql): Promise<string> {
  await fails(sql`select from where ${1}`, '42601');
  await fails(sql`select 8 / ${0}::int`, '22012');
  deepStrictEqual([...(await sql`select 8 / ${4}::int as n`)], [{ n: 2 }]);
  return '42601, 22012, then 2';
}

/** It sends what it is given without waiting, up to 100 queries ahead. */
export async function pipeline(sql: Sql): Promise<string> {
  const numbers = Array.from({ length: 1000 }, (_, n) => n);
  const answers = await Promise.all(numbers.map((n) => sql`select ${n}::int as n`));
  deepStrictEqual(
    answers.flatMap((rows) => [...rows]),
    numbers.map((n) => ({ n })),
  );
  return '1000 answers in order';
}

export async function pipelineError(sql: Sql): Promise<string> {
  const outcomes = await Promise.allSettled(
    [1, 0, 2, 0, 4].map((n) => sql`select 8 / ${n}::int as n`),
  );
  const seen = outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value[0]?.['n'] : outcome.reason.code,
  );
  deepStrictEqual(seen, [8, '22012', 4, '22012', 2]);
  return seen.join(', ');
}

/** It sends and asks for text only, bytes included. */
export async function binaryValues(sql: Sql): Promise<string> {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const when = new Date('2024-02-29T12:34:56.789Z');
  const uuid = '7d9f3a52-0e5c-4a53-9f0a-3c4d5e6f7081';
  const nested = { nested: [1, 'two', null] };
  const [row] = await sql`select ${-2147483648}::int4 a, ${'9223372036854775807'}::int8 b,
    ${'12345678901234567890.123456789'}::numeric c, ${true}::bool d, ${TEXT}::text e,
    ${bytes}::bytea f, ${sql.json(nested)}::jsonb g, ${when}::timestamptz h, ${null}::text i,
    ${[1, 2, 3]}::int4[] j, ${uuid}::uuid k`;
  const expected = [
    -2147483648,
    '9223372036854775807',
    '12345678901234567890.123456789',
    true,
    TEXT,
    bytes,
    nested,
    when,
    null,
    [1, 2, 3],
    uuid,
  ];
  deepStrictEqual(Object.values(row ?? {}), expected);
  return `${expected.length} values`;
}

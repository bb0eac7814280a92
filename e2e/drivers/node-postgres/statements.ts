import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { TLSSocket } from 'node:tls';
import type { Client, QueryResult } from 'pg';
import { fails, TEXT } from '../../src/content.ts';
import { connect } from './session.ts';

export async function tlsLogin(): Promise<string> {
  const client = await connect();
  const stream: unknown = Reflect.get(Reflect.get(client, 'connection'), 'stream');
  ok(stream instanceof TLSSocket && stream.authorized);
  const protocol = stream.getProtocol();
  await client.end();
  strictEqual(protocol, 'TLSv1.3');
  return protocol;
}

export async function directTls(): Promise<string> {
  const client = await connect({ sslnegotiation: 'direct' });
  const { rows } = await client.query('select 7 as seven');
  await client.end();
  deepStrictEqual(rows, [{ seven: 7 }]);
  return 'ALPN postgresql';
}

export async function simpleQuery(client: Client): Promise<string> {
  const { rows, command, rowCount } = await client.query('select 1 as one, null as none');
  deepStrictEqual([rows, command, rowCount], [[{ one: 1, none: null }], 'SELECT', 1]);
  return command;
}

export async function severalStatements(client: Client): Promise<string> {
  const results: unknown = await client.query(
    `create temp table several (n int); insert into several select generate_series(1, 3);
     update several set n = n * 2; select sum(n)::int as sum from several; drop table several`,
  );
  ok(Array.isArray(results));
  const seen = results.map(({ command, rowCount }: QueryResult) => `${command} ${rowCount}`);
  deepStrictEqual(seen, ['CREATE null', 'INSERT 3', 'UPDATE 3', 'SELECT 1', 'DROP null']);
  deepStrictEqual(results[3].rows, [{ sum: 12 }]);
  await fails(client.query('select 1; select 1 / 0; select 2'), '22012');
  return seen.join(', ');
}

export async function preparedUnnamed(client: Client): Promise<string> {
  const { rows } = await client.query('select $1::int + 1 as n, $2::text as t', [41, TEXT]);
  deepStrictEqual(rows, [{ n: 42, t: TEXT }]);
  return 'as sent';
}

export async function preparedNamed(client: Client): Promise<string> {
  for (let n = 0; n < 200; n += 1) {
    const query = { name: 'e2e_named', text: 'select $1::int * 2 as double', values: [n] };
    const { rows } = await client.query(query);
    deepStrictEqual(rows, [{ double: n * 2 }]);
  }
  const { rows } = await client.query(
    "select count(*)::int as n from pg_prepared_statements where name = 'e2e_named'",
  );
  deepStrictEqual(rows, [{ n: 1 }]);
  return '200 runs of one statement';
}

export async function preparedError(client: Client): Promise<string> {
  await fails(client.query({ name: 'e2e_bad', text: 'select from where', values: [] }), '42601');
  await fails(client.query({ name: 'e2e_bad', text: 'select $1::int', values: ['x'] }), '22P02');
  const { rows } = await client.query({
    name: 'e2e_good',
    text: 'select $1::int as n',
    values: [7],
  });
  deepStrictEqual(rows, [{ n: 7 }]);
  return '42601, 22P02, then 7';
}

/** The driver keeps a record of the names that it prepared; what SQL did to them it does not know. */
export async function preparedAgain(client: Client): Promise<string> {
  const run = async (name: string, text: string) =>
    (await client.query({ name, text, values: [5] })).rows;
  // Taken by SQL, refused to the driver, dropped by SQL, taken by the driver.
  await client.query('prepare e2e_again (int) as select $1 * 2 as n');
  await fails(run('e2e_again', 'select $1::int * 3 as n'), '42P05');
  await client.query('deallocate e2e_again');
  deepStrictEqual(await run('e2e_again', 'select $1::int * 3 as n'), [{ n: 15 }]);
  for (const drop of ['deallocate e2e_again', 'deallocate all', 'discard all']) {
    await client.query(drop);
    await fails(run('e2e_again', 'select $1::int * 3 as n'), '26000');
    await client.query('prepare e2e_again (int) as select $1 * 4 as n');
    deepStrictEqual(await run('e2e_again', 'select $1::int * 3 as n'), [{ n: 20 }]);
  }
  return 'by SQL and by the protocol in turn';
}

export async function pipeline(): Promise<string> {
  const client = await connect({ pipeline: true });
  const numbers = Array.from({ length: 500 }, (_, n) => n);
  const answers = await Promise.all(
    numbers.map((n) =>
      client.query({
        text: 'select $1::int as n',
        values: [n],
        ...(n % 3 ? {} : { name: 'third' }),
      }),
    ),
  );
  deepStrictEqual(
    answers.flatMap(({ rows }) => rows),
    numbers.map((n) => ({ n })),
  );
  await client.end();
  return '500 answers in order';
}

export async function pipelineError(): Promise<string> {
  const client = await connect({ pipeline: true });
  const outcomes = await Promise.allSettled(
    [1, 0, 2, 0, 4].map((n) => client.query('select 8 / $1::int as n', [n])),
  );
  const seen = outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value.rows[0].n : outcome.reason.code,
  );
  deepStrictEqual(seen, [8, '22012', 4, '22012', 2]);
  strictEqual((await client.query('select 1 as one')).rows[0].one, 1);
  await client.end();
  return seen.join(', ');
}

/** Bytes go in the binary format. Results come as text: it has no decoders for others. */
export async function binaryValues(client: Client): Promise<string> {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const sent = [
    -2147483648,
    '9223372036854775807',
    '12345678901234567890.123456789',
    true,
    TEXT,
    bytes,
    { nested: [1, 'two', null] },
    new Date('2024-02-29T12:34:56.789Z'),
    null,
    [1, null, 3],
    '7d9f3a52-0e5c-4a53-9f0a-3c4d5e6f7081',
    Number.NEGATIVE_INFINITY,
  ];
  const text = `select $1::int4 a, $2::int8 b, $3::numeric c, $4::bool d, $5::text e, $6::bytea f,
    $7::jsonb g, $8::timestamptz h, $9::text i, $10::int4[] j, $11::uuid k, $12::float8 l`;
  const { rows } = await client.query({ text, values: sent, rowMode: 'array' });
  deepStrictEqual(rows[0], sent);
  return `${sent.length} values; bytes were sent as binary`;
}

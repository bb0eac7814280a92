import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { type Client, DatabaseError } from 'pg';
import {
  BIG_FAILING_POSITION,
  BIG_FAILING_RESULT,
  BIG_FAILING_ROWS,
  BIG_FAILING_STATEMENT,
  BIG_FAILING_VALUE,
  checkBigRow,
  checkBigValue,
  fails,
  SLEEPING_RESULT,
} from '../../src/content.ts';
import { failToCopyIn, failToCopyOut } from './copy.ts';
import { cancelAsleep, failToReadOn, rowsBefore } from './failing.ts';
import { connect } from './session.ts';

type OnClient<T> = (client: Client) => Promise<T>;

/** A check: what fails in the middle of a transaction is undone to a savepoint, and no further. */
function undone(fail: OnClient<unknown>): OnClient<string> {
  return async (client) => {
    await client.query('drop table if exists saved; create temp table saved (n int primary key)');
    await client.query('begin');
    await client.query('insert into saved values ($1)', [1]);
    await client.query('savepoint before');
    await client.query('insert into saved values ($1)', [3]);
    await fail(client);
    await fails(client.query('select 1'), '25P02');
    await client.query('rollback to savepoint before');
    await client.query('insert into saved values ($1)', [2]);
    await client.query('commit');
    const { rows } = await client.query('select n from saved order by n');
    deepStrictEqual(rows, [{ n: 1 }, { n: 2 }]);
    return 'what was before and after the error was kept';
  };
}

export const savepoint = undone((client) =>
  fails(client.query('insert into saved values ($1)', [1]), '23505'),
);

export const savepointSimple = undone((client) =>
  fails(client.query('select 1; select 1 / 0; select 2'), '22012'),
);

/** A statement stays prepared, whatever became of the transaction that prepared it. */
export async function savepointPrepared(client: Client): Promise<string> {
  const divide = async (n: number) => {
    const text = 'select 8 / $1::int as n';
    return (await client.query({ name: 'e2e_divide', text, values: [n] })).rows;
  };
  const seen = await undone(async () => {
    deepStrictEqual(await divide(2), [{ n: 4 }]);
    await fails(divide(0), '22012');
  })(client);
  deepStrictEqual(await divide(4), [{ n: 2 }]);
  return seen;
}

/** A Buffer goes in the binary format, whatever the parameter's type: here a byte too many. */
export const savepointBinary = undone(async (client) => {
  const text = 'select $1::int4 as n';
  const { rows } = await client.query(text, [Buffer.from([0x80, 0, 0, 1])]);
  deepStrictEqual(rows, [{ n: -2147483647 }]);
  await fails(client.query(text, [Buffer.alloc(5)]), '22P03');
});

/** All is sent before the first answer arrives, the way back included. */
export async function savepointPipeline(): Promise<string> {
  const client = await connect({ pipeline: true });
  const insert = 'insert into saved values ($1) returning 100 + n as n';
  const outcomes = await Promise.allSettled([
    client.query('create temp table saved (n int primary key)'),
    client.query('begin'),
    client.query(insert, [1]),
    client.query('savepoint before'),
    client.query(insert, [3]),
    client.query('select 8 / $1::int as n', [0]),
    client.query('select 8 / $1::int as n', [2]),
    client.query('rollback to savepoint before'),
    client.query(insert, [2]),
    client.query('commit'),
    client.query('select sum(n)::int as n from saved'),
  ]);
  const seen = outcomes.map((outcome) =>
    outcome.status === 'fulfilled'
      ? (outcome.value.rows[0]?.n ?? outcome.value.command)
      : outcome.reason.code,
  );
  await client.end();
  const failed = ['22012', '25P02', 'ROLLBACK'];
  deepStrictEqual(seen, ['CREATE', 'BEGIN', 101, 'SAVEPOINT', 103, ...failed, 102, 'COMMIT', 3]);
  return seen.join(', ');
}

export const savepointCursor = undone(failToReadOn);
export const savepointCopyIn = undone(failToCopyIn);
export const savepointCopyOut = undone(failToCopyOut);
export const savepointCancel = undone(async (client) =>
  strictEqual((await cancelAsleep(client, SLEEPING_RESULT)).length, 999),
);

/** The server says where in the text the fault is. */
async function failsAtTheEnd(client: Client, values: readonly number[]): Promise<void> {
  const text = BIG_FAILING_STATEMENT + (values.length > 0 ? ' where $1 = 1' : '');
  const error: unknown = await client.query(text, [...values]).catch((reason) => reason);
  const seen = error instanceof DatabaseError ? [error.code, error.position] : error;
  deepStrictEqual(seen, ['42P01', String(BIG_FAILING_POSITION)]);
}

export const savepointBigStatement = undone(async (client) => {
  await client.query('savepoint simple');
  await failsAtTheEnd(client, []);
  await client.query('rollback to savepoint simple');
  await failsAtTheEnd(client, [1]);
});

export const savepointBigResult = undone(async (client) => {
  const rows = await rowsBefore<{ readonly i: number; readonly text: string }>(
    client,
    BIG_FAILING_RESULT,
    '22012',
  );
  strictEqual(rows.length, BIG_FAILING_ROWS);
  for (const { i, text } of rows) checkBigRow(i, text);
});

export const savepointBigValue = undone(async (client) => {
  const rows = await rowsBefore<{ readonly text: string }>(client, BIG_FAILING_VALUE, '22012');
  strictEqual(rows.length, 1);
  for (const { text } of rows) checkBigValue(text);
});

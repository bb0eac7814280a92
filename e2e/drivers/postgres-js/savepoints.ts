import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { Sql, TransactionSql } from 'postgres';
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
import { cancelAsleep, failToReadOn } from './failing.ts';

/** A check: what fails in the middle of a transaction is undone to a savepoint, and no further. */
function undone(
  code: string,
  fail: (sql: TransactionSql) => Promise<void>,
): (sql: Sql) => Promise<string> {
  return async (sql) => {
    await sql.unsafe('drop table if exists saved; create temp table saved (n int primary key)');
    await sql.begin(async (tx) => {
      await tx`insert into saved values (${1})`;
      // Whatever becomes of an error inside, the driver goes back to its savepoint and passes it on.
      const inner = tx.savepoint(async (saved) => {
        await saved`insert into saved values (${3})`;
        await fail(saved);
        await fails(saved`select 1`, '25P02');
      });
      await fails(inner, code);
      await tx`insert into saved values (${2})`;
    });
    deepStrictEqual([...(await sql`select n from saved order by n`)], [{ n: 1 }, { n: 2 }]);
    return 'what was before and after the error was kept';
  };
}

export const savepoint = undone('23505', (sql) =>
  fails(sql`insert into saved values (${1})`, '23505'),
);

export const savepointSimple = undone('22012', (sql) =>
  fails(sql.unsafe('select 1; select 1 / 0; select 2').simple(), '22012'),
);

/** A statement stays prepared, whatever became of the transaction that prepared it. */
export async function savepointPrepared(sql: Sql): Promise<string> {
  const seen = await undone('22012', async (saved) => {
    deepStrictEqual([...(await saved`select 80 / ${2}::int as n`)], [{ n: 40 }]);
    await fails(saved`select 80 / ${0}::int as n`, '22012');
  })(sql);
  deepStrictEqual([...(await sql`select 80 / ${4}::int as n`)], [{ n: 20 }]);
  const prepared = await sql`select count(*)::int as n from pg_prepared_statements
    where statement = 'select 80 / $1::int as n'`;
  deepStrictEqual([...prepared], [{ n: 1 }]);
  return seen;
}

export const savepointPipeline = undone('22012', async (sql) => {
  const sent = [1, 0, 2, 4].map((n) => sql`select 8 / ${n}::int as n`);
  const seen = (await Promise.allSettled(sent)).map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value[0]?.['n'] : outcome.reason.code,
  );
  deepStrictEqual(seen, [8, '22012', '25P02', '25P02']);
});

// A cursor's and a copy's errors are told to the program only; its savepoint hears of the next.
export const savepointCursor = undone('25P02', failToReadOn);
export const savepointCopyIn = undone('25P02', failToCopyIn);
export const savepointCopyOut = undone('25P02', failToCopyOut);

export const savepointCancel = undone('57014', async (sql) =>
  strictEqual(await cancelAsleep(sql, SLEEPING_RESULT), 999),
);

export const savepointBigStatement = undone('42P01', async (sql) => {
  const error: unknown = await sql.unsafe(BIG_FAILING_STATEMENT).catch((reason) => reason);
  const seen = error instanceof Error && { code: '', position: '', ...error };
  deepStrictEqual(seen && [seen.code, seen.position], ['42P01', String(BIG_FAILING_POSITION)]);
});

export const savepointBigResult = undone('22012', async (sql) => {
  let seen = 0;
  const reading = sql.unsafe(BIG_FAILING_RESULT).forEach((row) => {
    seen += 1;
    strictEqual(row['i'], seen);
    checkBigRow(seen, row['text']);
  });
  await fails(reading, '22012');
  strictEqual(seen, BIG_FAILING_ROWS);
});

export const savepointBigValue = undone('22012', async (sql) => {
  let seen = 0;
  const reading = sql.unsafe(BIG_FAILING_VALUE).forEach((row) => {
    seen += 1;
    checkBigValue(row['text']);
  });
  await fails(reading, '22012');
  strictEqual(seen, 1);
});

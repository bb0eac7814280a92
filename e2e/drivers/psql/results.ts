import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import {
  BIG_RESULT,
  BIG_ROWS,
  BIG_STATEMENT_LENGTH,
  BIG_VALUE,
  checkBigRow,
  checkBigValue,
  FAILING_RESULT,
  md5,
  sumTo,
} from '../../src/content.ts';
import { psql, startPsql } from './psql.ts';
import { expectSaid } from './statements.ts';

/** FETCH_COUNT makes psql read through a cursor. */
export async function cursor(): Promise<string> {
  const { stdout } = await psql(
    '\\set FETCH_COUNT 300\nselect i from generate_series(1, 1000) i;\n',
  );
  const numbers = stdout.trim().split('\n').map(Number);
  deepStrictEqual([numbers.length, numbers.reduce((a, b) => a + b)], [1000, sumTo(1000)]);
  return '1000 rows by 300';
}

/** A cursor of its own, in SQL: what FETCH_COUNT declares is always read to its end. */
export function cursorClosedEarly(): Promise<string> {
  return expectSaid(
    `begin; declare e2e cursor for select i from generate_series(1, 1000000) i;
     fetch 2 from e2e; select 'between'; fetch 1 from e2e; close e2e; commit;`,
    ['1', '2', 'between', '3'],
    [],
  );
}

export async function cursorError(): Promise<string> {
  const { stdout, stderr } = await psql(
    `\\set FETCH_COUNT 100\n${FAILING_RESULT};\n\\echo\nselect 'usable';\n`,
  );
  const lines = stdout.trim().split('\n');
  deepStrictEqual([lines.length, lines.at(-1)], [401, 'usable']);
  strictEqual(stderr.trim().slice(-5), '22012');
  return '22012 after 400 rows';
}

export async function bigStatement(): Promise<string> {
  const literal = 'weir '.repeat(BIG_STATEMENT_LENGTH / 5);
  const { stdout } = await psql(`select length(t), md5(t) from (select '${literal}' t) s;\n`);
  strictEqual(stdout, `${BIG_STATEMENT_LENGTH}|${md5(literal)}\n`);
  return `${BIG_STATEMENT_LENGTH} characters`;
}

export async function bigResult(): Promise<string> {
  const child = startPsql(['-c', BIG_RESULT]);
  child.stdin.end();
  const closed = once(child, 'close');
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    seen += 1;
    const [i, text] = line.split('|');
    strictEqual(Number(i), seen);
    checkBigRow(seen, String(text));
  }
  deepStrictEqual([seen, (await closed)[0]], [BIG_ROWS, 0]);
  return `${seen} rows`;
}

export async function bigValue(): Promise<string> {
  const child = startPsql(['-c', BIG_VALUE]);
  child.stdin.end();
  const closed = once(child, 'close');
  const shown = await text(child.stdout);
  checkBigValue(shown.slice(0, -1));
  deepStrictEqual([shown.at(-1), (await closed)[0]], ['\n', 0]);
  return `${shown.length - 1} characters`;
}

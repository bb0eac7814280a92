import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import {
  BIG_FAILING_RESULT,
  BIG_FAILING_ROWS,
  BIG_FAILING_STATEMENT,
  BIG_FAILING_VALUE,
  checkBigRow,
  checkBigValue,
  FAILING_RESULT,
  SLEEPING_RESULT,
} from '../../src/content.ts';
import { inDirectory } from './files.ts';
import { collect, psql, startPsql } from './psql.ts';
import { expectSaid, said } from './statements.ts';

/** A script: what fails in the middle of its transaction is undone to a savepoint, and no further. */
function script(failing: string): string {
  return `create temp table saved (n int primary key);
begin;
insert into saved values (1);
savepoint before;
insert into saved values (3);
${failing}
select 'failed';
rollback to savepoint before;
insert into saved values (2);
commit;
select string_agg(n::text, ' ' order by n) from saved;
`;
}

/** What follows the rows that the failing part gave. */
const KEPT = ['1 2'];

/** A check whose failing part gives these rows and this error. */
function undone(failing: string, rows: readonly string[], code: string): () => Promise<string> {
  return () => expectSaid(script(failing), [...rows, ...KEPT], [code, '25P02']);
}

export const savepoint = undone('insert into saved values (1);', [], '23505');

/** `\;` sends all of it as one message. */
export const savepointSimple = undone(
  "select 'first'\\; select 1 / 0\\; select 'last';",
  ['first'],
  '22012',
);

export const savepointPrepared = undone(
  'prepare divide (int) as select 8 / $1; execute divide (2); execute divide (0);',
  ['4'],
  '22012',
);

/** With FETCH_COUNT, psql reads through a cursor by itself. */
export async function savepointCursor(): Promise<string> {
  const failing = `\\set FETCH_COUNT 100\n${FAILING_RESULT};\n\\unset FETCH_COUNT\n\\echo`;
  const { rows, errors } = said(await psql(script(failing)));
  strictEqual(rows.slice(0, 400).at(-1), `400|${1000 / 100}`);
  deepStrictEqual([rows.slice(400), errors], [KEPT, ['22012', '25P02']]);
  return '22012 after 400 rows';
}

export const savepointCopyIn = undone(
  `create temp table copied (i int, t text);
copy copied from stdin;
1\tfirst
second\tx
\\.`,
  [],
  '22P02',
);

export function savepointCopyOut(): Promise<string> {
  return inDirectory((dir) => {
    const copy = `\\copy (${FAILING_RESULT}) to ${dir}/rows`;
    return undone(copy, [], '22012')();
  });
}

/** The savepoint's script cannot go on after Ctrl-C; the server is asked to cancel by another psql. */
export async function savepointCancel(): Promise<string> {
  const mark = '/* e2e savepoint */';
  const session = collect(startPsql([]), script(`${SLEEPING_RESULT} ${mark};`));
  const cancelling = `select pg_cancel_backend(pid) from pg_stat_activity
    where wait_event = 'PgSleep' and query like '%${mark};'`;
  while (!(await psql(cancelling)).stdout.includes('t'));
  const { rows, errors } = said(await session);
  deepStrictEqual([rows, errors], [KEPT, ['57014', '25P02']]);
  return '57014';
}

/** psql shows the place that the server told. */
export async function savepointBigStatement(): Promise<string> {
  const failing = `\\set VERBOSITY default\n${BIG_FAILING_STATEMENT};\n\\set VERBOSITY sqlstate`;
  const { stdout, stderr } = await psql(script(failing));
  strictEqual(stdout, '1 2\n');
  match(stderr, /LINE 1: \.\.\.[weir ]+' from e2e_nowher\.*\n +\^\n.*25P02\n$/);
  const [shown, caret] = stderr.slice(stderr.indexOf('LINE 1')).split('\n');
  strictEqual(caret?.indexOf('^'), shown?.indexOf('e2e_nowher'));
  return '42P01 behind 10 MB';
}

/** The rows come through a cursor, of which the failing piece has none. */
export async function savepointBigResult(): Promise<string> {
  const child = startPsql([]);
  const failed = text(child.stderr);
  child.stdin.end(
    script(`\\set FETCH_COUNT 1000\n${BIG_FAILING_RESULT};\n\\unset FETCH_COUNT\n\\echo`),
  );
  const others: string[] = [];
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [i, content, quotient] = line.split('|');
    if (quotient === undefined) others.push(line);
    else {
      seen += 1;
      strictEqual(Number(i), seen);
      checkBigRow(seen, String(content));
    }
  }
  deepStrictEqual([seen, others], [BIG_FAILING_ROWS, KEPT]);
  match(await failed, /22012\n.*25P02\n$/);
  return `22012 after ${seen} rows`;
}

/** Copied out, because psql shows no row of a result that failed. */
export function savepointBigValue(): Promise<string> {
  return inDirectory(async (dir) => {
    const copy = `\\copy (${BIG_FAILING_VALUE.replaceAll('\n', ' ')}) to ${dir}/value`;
    await undone(copy, [], '22012')();
    const content = await readFile(`${dir}/value`, 'latin1');
    ok(content.endsWith('\t1\n'));
    checkBigValue(content.slice(0, -3));
    return '22012 after 200 MB';
  });
}

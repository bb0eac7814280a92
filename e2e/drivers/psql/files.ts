import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  BINARY_ROWS,
  BINARY_SIGNATURE,
  BINARY_SOURCE,
  FAILING_RESULT,
  md5,
  OBJECT_CONTENT,
  SLEEPING_RESULT,
  sumTo,
} from '../../src/content.ts';
import { collect, psql, startPsql } from './psql.ts';

const run = promisify(execFile);
const ROWS = 100_000;
const TABLE = 'create temp table copied (i int, t text);';

/** Runs an action with a directory that is gone afterwards. */
export async function inDirectory(action: (dir: string) => Promise<string>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-e2e-psql-'));
  try {
    return await action(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

function rows(bad?: number): string {
  const numbers = Array.from({ length: ROWS }, (_, n) => n + 1);
  return numbers.map((i) => `${i === bad ? 'not a number' : i}\trow ${i} ü\n`).join('');
}

export function copyIn(): Promise<string> {
  return inDirectory(async (dir) => {
    await writeFile(join(dir, 'rows'), rows());
    const { stdout, stderr } = await psql(`${TABLE}
\\copy copied from ${join(dir, 'rows')}
select count(*), sum(i), bool_and(t = 'row ' || i || ' ü') from copied;
`);
    deepStrictEqual([stdout, stderr], [`${ROWS}|${sumTo(ROWS)}|t\n`, '']);
    return `${ROWS} rows`;
  });
}

export function copyOut(): Promise<string> {
  return inDirectory(async (dir) => {
    const file = join(dir, 'rows');
    const query = `select i, md5(i::text) from generate_series(1, ${ROWS}) i`;
    await psql(`\\copy (${query}) to ${file}\n`);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const wrong = lines.findIndex((line, n) => line !== `${n + 1}\t${md5(String(n + 1))}`);
    deepStrictEqual([lines.length, wrong], [ROWS, -1]);
    return `${ROWS} rows`;
  });
}

export function copyInError(): Promise<string> {
  return inDirectory(async (dir) => {
    await writeFile(join(dir, 'rows'), rows(ROWS / 2));
    const { stdout, stderr } = await psql(`${TABLE}
\\copy copied from ${join(dir, 'rows')}
select count(*) from copied;
copy copied from stdin;
1\tfirst
second\tx
\\.
select count(*) + 1 from copied;
`);
    strictEqual(stdout, '0\n1\n');
    deepStrictEqual(stderr.match(/22P02/g)?.length, 2);
    return `22P02 at row ${ROWS / 2}`;
  });
}

export function copyOutError(): Promise<string> {
  return inDirectory(async (dir) => {
    const file = join(dir, 'rows');
    const { stdout, stderr } = await psql(
      `\\copy (${FAILING_RESULT}) to ${file}\nselect 'usable';\n`,
    );
    strictEqual(stdout, 'usable\n');
    ok(stderr.includes('22012'));
    return '22012';
  });
}

/** Ctrl-C, when some rows are in: psql gives up the copy, and its script with it. */
export function copyInAborted(): Promise<string> {
  return inDirectory(async (dir) => {
    const fifo = join(dir, 'rows');
    await run('mkfifo', [fifo]);
    await psql(`set client_min_messages to error; drop table if exists e2e_psql_aborted;
      create table e2e_psql_aborted (i int, t text);`);
    const child = startPsql([]);
    const ended = collect(child, `\\copy e2e_psql_aborted from ${fifo}\n`);
    const writer = await open(fifo, 'w');
    await writer.write('1\tfirst\n'.repeat(10_000));
    const arrived = `select count(*) from pg_stat_progress_copy
      where relid = 'e2e_psql_aborted'::regclass and tuples_processed > 0;`;
    while ((await psql(arrived)).stdout !== '1\n');
    child.kill('SIGINT');
    const { stderr } = await ended;
    await writer.close();
    match(stderr, /57014/);
    const after = await psql('select count(*) from e2e_psql_aborted; drop table e2e_psql_aborted;');
    strictEqual(after.stdout, '0\n');
    return 'nothing was copied';
  });
}

/** Ctrl-C, when the server sleeps in the middle of what it copies out. */
export function cancelCopy(): Promise<string> {
  return inDirectory(async (dir) => {
    const mark = '/* e2e cancel copy */';
    const source = `${SLEEPING_RESULT.replaceAll('\n', ' ')} ${mark}`;
    const child = startPsql(['-c', `\\copy (${source}) to ${dir}/rows`]);
    const ended = collect(child, '');
    const asleep = `select count(*) from pg_stat_activity
      where wait_event = 'PgSleep' and query like '%${mark}%';`;
    while ((await psql(asleep)).stdout !== '1\n');
    child.kill('SIGINT');
    match((await ended).stderr, /57014/);
    return '57014';
  });
}

export function copyBinary(): Promise<string> {
  return inDirectory(async (dir) => {
    const source = BINARY_SOURCE.replaceAll('\n', ' ');
    const { stdout, stderr } = await psql(`\\copy (${source}) to ${dir}/out (format binary)
create temp table copied as ${source} with no data;
\\copy copied from ${dir}/out (format binary)
\\copy copied to ${dir}/again (format binary)
select count(*), (select count(*) from (table copied except all ${source}) s) from copied;
`);
    deepStrictEqual([stdout, stderr], [`${BINARY_ROWS}|0\n`, '']);
    const out = await readFile(`${dir}/out`);
    deepStrictEqual(out.subarray(0, BINARY_SIGNATURE.length), BINARY_SIGNATURE);
    ok(out.equals(await readFile(`${dir}/again`)));
    return `${out.length} bytes`;
  });
}

/** psql's large objects go by the protocol's function calls, not by SQL. */
export function largeObject(): Promise<string> {
  return inDirectory(async (dir) => {
    await writeFile(join(dir, 'in'), OBJECT_CONTENT);
    const { stderr } = await psql(`\\set ON_ERROR_STOP on
\\lo_import ${dir}/in
\\lo_export :LASTOID ${dir}/out
\\lo_unlink :LASTOID
`);
    strictEqual(stderr, '');
    ok(OBJECT_CONTENT.equals(await readFile(join(dir, 'out'))));
    return `${OBJECT_CONTENT.length} bytes`;
  });
}

/** The object before the savepoint stays, the one behind it goes; no object has the number one. */
export function largeObjectError(): Promise<string> {
  return inDirectory(async (dir) => {
    await writeFile(join(dir, 'in'), OBJECT_CONTENT);
    const { stdout, stderr } = await psql(`begin;
\\lo_import ${dir}/in
\\set kept :LASTOID
savepoint before;
\\lo_import ${dir}/in
\\lo_export 1 ${dir}/nothing
select 'failed';
rollback to savepoint before;
\\lo_export :kept ${dir}/inside
commit;
\\lo_export :kept ${dir}/out
select count(*) from pg_largeobject_metadata where oid in (:kept, :LASTOID);
\\lo_unlink :kept
`);
    strictEqual(stdout, '1\n');
    match(stderr, /42704\n.*25P02\n$/);
    for (const name of ['inside', 'out']) {
      ok(OBJECT_CONTENT.equals(await readFile(join(dir, name))));
    }
    return '42704 between two objects';
  });
}

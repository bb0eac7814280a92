import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAILING_RESULT, md5, sumTo } from '../../src/content.ts';
import { psql } from './psql.ts';

const ROWS = 100_000;
const TABLE = 'create temp table copied (i int, t text);';

async function inDirectory(action: (dir: string) => Promise<string>): Promise<string> {
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

/** psql's large objects go by the protocol's function calls, not by SQL. */
export function largeObject(): Promise<string> {
  return inDirectory(async (dir) => {
    const content = Buffer.from(Array.from({ length: 1 << 20 }, (_, n) => n % 251));
    await writeFile(join(dir, 'in'), content);
    const { stderr } = await psql(`\\set ON_ERROR_STOP on
\\lo_import ${join(dir, 'in')}
\\lo_export :LASTOID ${join(dir, 'out')}
\\lo_unlink :LASTOID
`);
    strictEqual(stderr, '');
    ok(content.equals(await readFile(join(dir, 'out'))));
    return `${content.length} bytes`;
  });
}

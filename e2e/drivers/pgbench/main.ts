import { deepStrictEqual } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Check, runChecks } from '../../src/check-runner.ts';

const run = promisify(execFile);
const SESSIONS = 50;
const TRANSACTIONS = 40;

/** Each transaction asks something that only the right answer passes. */
const SCRIPT = `\\set n random(1, 1000000)
begin;
select :n * 2 as double \\gset
select 1 / (:double = :n * 2)::int as right;
commit;
`;

/** pgbench with many sessions at once; each transaction must succeed. */
function load(mode: string): Check {
  return async () => {
    const dir = await mkdtemp(join(tmpdir(), 'weir-e2e-pgbench-'));
    try {
      const file = join(dir, 'script');
      await writeFile(file, SCRIPT);
      const counts = ['-c', String(SESSIONS), '-t', String(TRANSACTIONS), '-j', '2'];
      const { stdout } = await run('pgbench', ['-n', '-M', mode, ...counts, '-f', file]);
      const processed = /actually processed: (\d+)\//.exec(stdout)?.[1];
      const failed = /failed transactions: (\d+)/.exec(stdout)?.[1];
      deepStrictEqual([Number(processed), Number(failed)], [SESSIONS * TRANSACTIONS, 0]);
      return `${processed} transactions`;
    } finally {
      await rm(dir, { recursive: true });
    }
  };
}

await runChecks({
  'load-simple': load('simple'),
  'load-extended': load('extended'),
  'load-prepared': load('prepared'),
});

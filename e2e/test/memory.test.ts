import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHECKS, type CheckName } from '../src/checks.ts';
import type { Connection } from '../src/connection.ts';
import { type DriverProgram, runDriver } from '../src/driver.ts';
import { nodeProgram } from '../src/driver-programs.ts';
import { isDirectRun, sharedServices } from '../src/services.ts';
import { startWeirProcess, type WeirProcess } from '../src/weir-process.ts';

const LIMIT = 180_000;
/** What Weir may grow by while hundreds of megabytes pass through it, kB. */
const GROWTH_LIMIT = 64 * 1024;
const LARGE: readonly CheckName[] = [
  'big-result',
  'big-value',
  'big-parameter',
  'copy-in',
  'copy-out',
];

/** A line of the process's status that the kernel counts in kB. */
function memory(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
}

/** Makes the peak that the kernel remembers start anew (proc(5), clear_refs). */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

const server = sharedServices().postgres['18'];
const measurable = !isDirectRun() && server.available && existsSync('/proc/self/clear_refs');

const why = measurable ? '' : ' (skipped: it needs Weir, Postgres 18 and /proc)';

(measurable ? describe : describe.skip)(`the memory of Weir${why}`, () => {
  let weir: WeirProcess;
  let program: DriverProgram;
  let connection: Connection;

  beforeAll(async () => {
    if (!server.available) throw new Error(server.reason);
    weir = await startWeirProcess(new Map([['measured', server.direct]]));
    program = await nodeProgram('node-postgres');
    connection = weir.connectionTo('measured');
    // Compiled code and warm caches are not what is measured.
    await runDriver(program, connection, ['simple-query', 'cursor', 'copy-in', 'copy-out']);
  }, LIMIT);

  afterAll(() => weir.stop(), LIMIT);

  it.each(LARGE.map((name) => [CHECKS[name], name] as const))(
    'stays within its bound while a client %s',
    async (_title, name) => {
      forgetPeak(weir.pid);
      const before = memory(weir.pid, 'VmRSS');
      const reports = await runDriver(program, connection, [name]);
      expect(reports.get(name)?.ok).toBe(true);
      expect(memory(weir.pid, 'VmHWM') - before).toBeLessThan(GROWTH_LIMIT);
    },
    LIMIT,
  );
});

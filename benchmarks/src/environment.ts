/** What a reader must know to judge the figures. */
import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { PostgresServer } from '@weir/testkit';

const execute = promisify(execFile);
const GIBIBYTE = 1024 ** 3;

export async function describeEnvironment(
  server: PostgresServer,
  spread: boolean,
): Promise<Readonly<Record<string, string>>> {
  const [version] = await server.query('SHOW server_version');
  const { stdout } = await execute('/usr/sbin/pgbouncer', ['--version']);
  const processors = cpus();
  return {
    machine: `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / GIBIBYTE)} GiB, Linux ${release()}`,
    placement: spread ? 'wherever the kernel puts them' : 'all on one processor',
    'load before the run': loadavg()[0]?.toFixed(2) ?? 'unknown',
    node: process.version,
    postgres: String(version?.['server_version']),
    pgbouncer: stdout.split('\n')[0] ?? 'unknown',
  };
}

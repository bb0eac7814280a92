/** Runs pgbench and reads its log: every transaction with its latency and the moment it ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from './peer.ts';
import { cpuMicros } from './process-cost.ts';
import { median } from './statistics.ts';

const PGBENCH = '/usr/lib/postgresql/15/bin/pgbench';
/** pgbench's own threads; one keeps up with several clients, and the machine has few processors. */
const THREADS = 2;
const SAMPLE_MS = 50;
/** Of the run's begin: connections are still being made, and caches filled. */
const WARM_UP_MS = 200;

export type QueryMode = 'simple' | 'prepared';

interface SelectRun {
  readonly address: Address;
  readonly pid: number | undefined;
  readonly mode: QueryMode;
  readonly clients: number;
  readonly seconds: number;
  readonly folder: string;
}

/** What a run measured in its steady part. */
interface SelectResult {
  readonly transactionsPerSecond: number;
  readonly medianLatencyMicros: number;
  /** Processor time of the peer's process for one transaction; absent for the direct connection. */
  readonly cpuMicros?: number;
}

interface Sample {
  readonly at: number;
  readonly cpuMicros: number;
}

interface Transaction {
  readonly latencyMicros: number;
  readonly endedAt: number;
}

/** Fills pgbench's tables; at scale 10, `pgbench_accounts` has a million rows. */
export async function fillTables(address: Address, scale: number): Promise<void> {
  const words = ['--initialize', '--quiet', '--scale', String(scale)];
  const child = spawnPgbench(address, words, '/tmp');
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('pgbench could not fill its tables');
}

/** Runs `pgbench --select-only` for so long and measures what lies within one steady window. */
export async function runSelect(run: SelectRun): Promise<SelectResult> {
  const folder = await mkdtemp(join(run.folder, 'pgbench-'));
  const threads = Math.min(run.clients, THREADS);
  const child = spawnPgbench(
    run.address,
    ['--select-only', '--no-vacuum', '--log', '--protocol', run.mode]
      .concat(['--client', String(run.clients), '--jobs', String(threads)])
      .concat(['--time', String(run.seconds)]),
    folder,
  );
  const samples = await sampleWhile(child, run.pid);
  if (child.exitCode !== 0) throw new Error(`pgbench ended with ${child.exitCode}`);
  const transactions = await readLog(folder);
  await rm(folder, { recursive: true });
  return measure(transactions, samples, run.pid !== undefined);
}

function spawnPgbench(address: Address, words: readonly string[], cwd: string): ChildProcess {
  return spawn(PGBENCH, words, {
    cwd,
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      PATH: '/usr/bin:/bin',
      PGHOST: address.host,
      PGPORT: String(address.port),
      PGUSER: address.user,
      PGPASSWORD: address.password,
      PGDATABASE: address.database,
      PGSSLMODE: address.tls ? 'require' : 'disable',
    },
  });
}

async function sampleWhile(child: ChildProcess, pid: number | undefined): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    samples.push({ at: Date.now(), cpuMicros: pid === undefined ? 0 : cpuMicros(pid) });
    await delay(SAMPLE_MS);
  }
  return samples;
}

/** Fields: client, transaction, microseconds, script, seconds of the epoch, microseconds of it. */
async function readLog(folder: string): Promise<Transaction[]> {
  const transactions: Transaction[] = [];
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'latin1');
    for (const line of text.split('\n')) {
      const [, , latency, , seconds, micros] = line.split(' ');
      if (micros === undefined) continue;
      transactions.push({
        latencyMicros: Number(latency),
        endedAt: Number(seconds) * 1000 + Number(micros) / 1000,
      });
    }
  }
  return transactions;
}

/** Connecting costs far more than a transaction, so the window opens only once it is over. */
function measure(
  transactions: readonly Transaction[],
  samples: readonly Sample[],
  hasProcess: boolean,
): SelectResult {
  let begin = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { endedAt } of transactions) {
    begin = Math.min(begin, endedAt);
    end = Math.max(end, endedAt);
  }
  const inside = samples.filter(({ at }) => at >= begin + WARM_UP_MS && at <= end);
  const first = inside.at(0);
  const last = inside.at(-1);
  if (first === undefined || last === undefined || first === last)
    throw new Error(`too short to measure: ${inside.length} of ${samples.length} samples`);
  const counted = transactions.filter(({ endedAt }) => endedAt > first.at && endedAt <= last.at);
  const cpu = (last.cpuMicros - first.cpuMicros) / counted.length;
  return {
    transactionsPerSecond: (counted.length * 1000) / (last.at - first.at),
    medianLatencyMicros: median(counted.map(({ latencyMicros }) => latencyMicros)),
    ...(hasProcess && { cpuMicros: cpu }),
  };
}

/**
 * The whole comparison in one run:
 *
 *   pnpm --filter @weir/benchmarks bench [--quick] [--rounds N] [--peer NAME]… [--spread]
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Certificates, makeCertificates, startPostgres } from '@weir/testkit';
import { direct } from './direct.ts';
import { describeEnvironment } from './environment.ts';
import { type Measurement, type MemoryMeasurement, summarise } from './measurement.ts';
import { measureIdleSessions, measureSlowReader } from './memory.ts';
import type { Address, Peer, PeerSetting, RunningPeer } from './peer.ts';
import { fillTables, runSelect } from './pgbench.ts';
import { pgbouncer } from './pgbouncer.ts';
import { FULL, type Plan, QUICK } from './plan.ts';
import { stayOnOneProcessor } from './processor.ts';
import { relay } from './relay.ts';
import { markdown, type Report } from './report.ts';
import { weir } from './weir.ts';
import { workloads } from './workloads.ts';

const PEERS: readonly Peer[] = [direct, pgbouncer, relay, weir];
const RESULTS = resolve(import.meta.dirname, '../results');
/** `pgbench_accounts` then has a million rows. */
const SCALE = 10;
/** Sessions beyond the idle ones: other loads, probes, and what PostgreSQL keeps for superusers. */
const SPARE_SESSIONS = 100;

interface Arena {
  readonly database: Address;
  readonly certificates: Certificates;
  readonly folder: string;
  readonly plan: Plan;
  readonly peers: readonly Peer[];
}

function readArguments() {
  const { values } = parseArgs({
    // `pnpm bench -- --quick` hands over the dashes, too.
    args: process.argv.slice(2).filter((word) => word !== '--'),
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      peer: { type: 'string', multiple: true },
      spread: { type: 'boolean', default: false },
    },
  });
  const plan = values.quick ? QUICK : FULL;
  const rounds = values.rounds === undefined ? plan.rounds : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds is a count from 1 on');
  const wanted = new Set(values.peer ?? PEERS.map(({ name }) => name));
  const peers = PEERS.filter(({ name }) => wanted.has(name));
  if (peers.length !== wanted.size)
    throw new Error(`--peer is one of: ${PEERS.map(({ name }) => name).join(', ')}`);
  return { plan: { ...plan, rounds }, peers, spread: values.spread };
}

function settingOf(arena: Arena, tls: boolean): PeerSetting {
  const { database, certificates, folder, plan } = arena;
  return { database, certificates, folder, tls, sessions: plan.idleSessions };
}

async function measureSpeed(arena: Arena): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = [];
  for (const tls of [false, true]) {
    const running = await Promise.all(
      arena.peers.map(async (peer) => ({
        name: peer.name,
        peer: await peer.start(settingOf(arena, tls)),
      })),
    );
    try {
      for (const { peer } of running) await warmUp(arena, peer);
      for (let round = 1; round <= arena.plan.rounds; round += 1)
        measurements.push(...(await runRound(arena, running, tls, round)));
    } finally {
      await Promise.all(running.map(({ peer }) => peer.stop()));
    }
  }
  return measurements;
}

/** A peer on a runtime that compiles while it runs would pay for that in its first figure. */
async function warmUp({ folder }: Arena, { address, pid }: RunningPeer): Promise<void> {
  await runSelect({ address, pid, mode: 'simple', clients: 8, seconds: 1, folder });
}

/** Every load for every peer, in turn: what disturbs the machine for a while hits all of them. */
async function runRound(
  arena: Arena,
  running: readonly { readonly name: string; readonly peer: RunningPeer }[],
  tls: boolean,
  round: number,
): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = [];
  for (const { name: workload, unit, run } of workloads(arena.plan)) {
    console.error(`round ${round}/${arena.plan.rounds}, TLS ${tls ? 'on' : 'off'}: ${workload}`);
    const first = (round - 1) % running.length;
    for (const { name, peer } of [...running.slice(first), ...running.slice(0, first)]) {
      const result = await run({ ...arena, peer });
      measurements.push({ round, workload, unit, tls, peer: name, ...result });
    }
  }
  return measurements;
}

/** Each figure from a process of its own, which no earlier load has made grow. */
async function measureMemory(arena: Arena): Promise<readonly MemoryMeasurement[]> {
  const { plan, certificates } = arena;
  const measurements: MemoryMeasurement[] = [];
  for (const tls of [false, true]) {
    for (const peer of arena.peers) {
      if (peer === direct) continue;
      console.error(`memory, TLS ${tls ? 'on' : 'off'}: ${peer.name}`);
      const setting = settingOf(arena, tls);
      const slowReaderBytes = await withFresh(peer, setting, (fresh) =>
        measureSlowReader(fresh, certificates, plan.slowRead),
      );
      const idleSessionBytes = await withFresh(peer, setting, (fresh) =>
        measureIdleSessions(fresh, certificates, plan.idleSessions),
      );
      measurements.push({ peer: peer.name, tls, slowReaderBytes, idleSessionBytes });
    }
  }
  return measurements;
}

async function withFresh(
  peer: Peer,
  setting: PeerSetting,
  measure: (running: RunningPeer & { readonly pid: number }) => Promise<number>,
): Promise<number> {
  const running = await peer.start(setting);
  const { pid } = running;
  if (pid === undefined) throw new Error(`${peer.name} has no process to measure`);
  try {
    return await measure({ ...running, pid });
  } finally {
    await running.stop();
  }
}

async function runAll(folder: string): Promise<Report> {
  const { plan, peers, spread } = readArguments();
  if (!spread) stayOnOneProcessor();
  await chmod(folder, 0o755);
  const certificates = await makeCertificates({ hosts: ['localhost', '127.0.0.1'], dir: folder });
  const server = await startPostgres({
    version: '15',
    tls: certificates,
    hba: ['host all all 127.0.0.1/32 trust'],
    settings: {
      max_connections: String(plan.idleSessions + SPARE_SESSIONS),
      shared_buffers: '512MB',
      max_parallel_workers_per_gather: '0',
      autovacuum: 'off',
      jit: 'off',
    },
  });
  try {
    const { host, port, user, password, database } = server;
    const address = { host, port, user, password, database, tls: false };
    const environment = await describeEnvironment(server, spread);
    await fillTables(address, SCALE);
    await server.query('CHECKPOINT');
    const arena = { database: address, certificates, folder, plan, peers };
    const measurements = await measureSpeed(arena);
    const memory = await measureMemory(arena);
    const date = new Date().toISOString();
    const summaries = summarise(measurements, direct.name);
    return { plan: plan.name, date, environment, summaries, memory };
  } finally {
    await server.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'weir-bench-'));
try {
  const report = await runAll(folder);
  const name = join(RESULTS, `${report.date.replaceAll(/[:.]/g, '-')}-${report.plan}`);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(`${name}.md`, markdown(report));
  console.log(markdown(report));
  console.error(`Written to ${name}.md and .json`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

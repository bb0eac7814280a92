import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type PostgresServer,
  type PostgresVersion,
  ServiceUnavailable,
  startPostgres,
} from '@weir/testkit';
import type { Connection } from './connection.ts';
import { isDirectRun, type SharedServer, type SharedServices } from './services.ts';
import { startWeirProcess, type WeirProcess } from './weir-process.ts';

/**
 * Starts what a test run shares, prints one line of JSON about it, and ends everything when its
 * standard input ends. It is a process of its own so that a killed test run leaves nothing behind.
 */
const dir = await mkdtemp(join(tmpdir(), 'weir-e2e-'));
const servers: PostgresServer[] = [];
const upstreams = new Map<string, Connection>();
let weir: WeirProcess | undefined;

function targetOf(version: PostgresVersion): string {
  return `postgres${version}`;
}

/** Starts a server, or says why there is none. */
async function start(version: PostgresVersion): Promise<string | undefined> {
  try {
    const server = await startPostgres({ version });
    servers.push(server);
    console.error(`postgres ${version}: ${server.description}`);
    if (server.tls === undefined) {
      throw new ServiceUnavailable(`postgres ${version}`, 'its address names no sslrootcert');
    }
    const caFile = join(dir, `${targetOf(version)}.crt`);
    await writeFile(caFile, server.tls.ca);
    const { host, port, user, password, database } = server;
    upstreams.set(targetOf(version), { host, port, user, password, database, caFile });
    return undefined;
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error;
    console.error(`NOT AVAILABLE: ${error.message}`);
    return error.message;
  }
}

function share(version: PostgresVersion, missing: string | undefined): SharedServer {
  const target = targetOf(version);
  const direct = upstreams.get(target);
  if (direct === undefined) return { available: false, reason: String(missing) };
  const through = weir === undefined ? {} : { weir: weir.connectionTo(target) };
  return { available: true, direct, ...through };
}

async function startAll(): Promise<SharedServices> {
  const [no15, no17, no18] = await Promise.all([start('15'), start('17'), start('18')]);
  if (!isDirectRun() && upstreams.size > 0) weir = await startWeirProcess(upstreams);
  return {
    postgres: { '15': share('15', no15), '17': share('17', no17), '18': share('18', no18) },
  };
}

async function stopAll(): Promise<void> {
  await weir?.stop();
  await Promise.all(servers.map((server) => server.stop()));
  await rm(dir, { recursive: true, force: true });
}

try {
  console.log(JSON.stringify(await startAll()));
  process.stdin.resume();
  process.stdin.once('end', () => void stopAll());
} catch (error) {
  await stopAll();
  throw error;
}

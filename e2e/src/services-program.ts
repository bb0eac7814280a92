import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type PostgresServer,
  type PostgresVersion,
  ServiceUnavailable,
  startPostgres,
} from '@weir/testkit';
import type { SharedServer, SharedServices } from './services.ts';

/**
 * Starts what a test run shares, prints one line of JSON about it, and ends everything when its
 * standard input ends. It is a process of its own so that a killed test run leaves nothing behind.
 */
const dir = await mkdtemp(join(tmpdir(), 'weir-e2e-'));
const started: PostgresServer[] = [];

async function share(version: PostgresVersion): Promise<SharedServer> {
  try {
    const server = await startPostgres({ version });
    started.push(server);
    console.error(`postgres ${version}: ${server.description}`);
    const caFile = join(dir, `postgres-${version}.crt`);
    await writeFile(caFile, server.tls?.ca ?? '');
    const { host, port, user, password, database, description } = server;
    return {
      available: true,
      description,
      direct: { host, port, user, password, database, caFile },
    };
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error;
    console.error(`postgres ${version}: NOT AVAILABLE: ${error.message}`);
    return { available: false, reason: error.message };
  }
}

async function stopAll(): Promise<void> {
  await Promise.all(started.map((server) => server.stop()));
  await rm(dir, { recursive: true, force: true });
}

try {
  const [v15, v17, v18] = await Promise.all([share('15'), share('17'), share('18')]);
  const services: SharedServices = { postgres: { '15': v15, '17': v17, '18': v18 } };
  console.log(JSON.stringify(services));
  process.stdin.resume();
  process.stdin.once('end', () => void stopAll());
} catch (error) {
  await stopAll();
  throw error;
}

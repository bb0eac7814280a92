/** A PostgreSQL server of its own for one run: a new data folder, a free port, loopback only. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Account, giveFolder } from './server-account.ts';
import { SERVER_HOME } from './server-source.ts';

const execute = promisify(execFile);
const START_MS = 30_000;
const OWNER = 'regression_owner';
const PASSWORD = 'only-on-loopback';

/** Databases that the suites use, named as pg_regress names them. */
export const DATABASES = ['regression', 'isolation_regression'] as const;

/** What pg_regress sets on a database that it makes itself (create_database in pg_regress.c). */
const DATABASE_SETTINGS = [
  "lc_messages TO 'C'",
  "lc_monetary TO 'C'",
  "lc_numeric TO 'C'",
  "lc_time TO 'C'",
  "bytea_output TO 'hex'",
  "timezone_abbreviations TO 'Default'",
];

/** Where and as whom a client connects. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly sslmode: 'disable' | 'require';
}

export interface Cluster {
  /** The server itself, as a superuser. */
  readonly endpoint: Endpoint;
  stop(): Promise<void>;
}

/** Starts a server under `folder` with both databases in it, as pg_regress would make them. */
export async function startCluster(folder: string, account: Account | undefined): Promise<Cluster> {
  await mkdir(folder);
  await giveFolder(folder, account);
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, PASSWORD);
  const directory = join(folder, 'server');
  await execute(
    join(SERVER_HOME, 'bin/initdb'),
    ['-D', directory, '-U', OWNER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`].concat([
      '--no-locale',
      '-E',
      'UTF8',
      '--no-sync',
    ]),
    { ...account, cwd: folder },
  );

  const endpoint: Endpoint = {
    host: '127.0.0.1',
    port: await freePort(),
    user: OWNER,
    password: PASSWORD,
    sslmode: 'disable',
  };
  const stop = startServer(directory, endpoint.port, account);
  try {
    await untilReady(endpoint);
    await createDatabases(endpoint);
  } catch (cause) {
    await stop();
    throw cause;
  }
  return { endpoint, stop };
}

/** `setpriv` ties the server's life to this process's, however this process ends. */
function startServer(directory: string, port: number, account: Account | undefined) {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: directory,
    fsync: 'off',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openSync(join(directory, '../server.log'), 'a');
  const server = spawn(
    'setpriv',
    ['--pdeathsig', 'INT', join(SERVER_HOME, 'bin/postgres'), '-D', directory, ...options],
    { ...account, cwd: directory, stdio: ['ignore', log, log] },
  );
  return async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGINT');
    await once(server, 'exit');
  };
}

async function untilReady(endpoint: Endpoint): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      await runSql(endpoint, 'postgres', ['SELECT 1']);
      return;
    } catch (cause) {
      if (Date.now() > deadline) throw new Error('the server did not start', { cause });
      await delay(50);
    }
  }
}

async function createDatabases(endpoint: Endpoint): Promise<void> {
  for (const database of DATABASES) {
    await runSql(endpoint, 'postgres', [
      `CREATE DATABASE ${database} TEMPLATE template0`,
      ...DATABASE_SETTINGS.map((setting) => `ALTER DATABASE ${database} SET ${setting}`),
    ]);
  }
}

async function runSql(endpoint: Endpoint, database: string, statements: readonly string[]) {
  const commands = statements.flatMap((statement) => ['-c', statement]);
  await execute(join(SERVER_HOME, 'bin/psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...commands], {
    env: { ...clientEnvironment(endpoint), PGDATABASE: database },
  });
}

/** What libpq reads; nothing else of this process's environment reaches the clients. */
export function clientEnvironment(endpoint: Endpoint): Record<string, string> {
  return {
    PATH: '/usr/bin:/bin',
    PGHOST: endpoint.host,
    PGPORT: String(endpoint.port),
    PGUSER: endpoint.user,
    PGPASSWORD: endpoint.password,
    PGSSLMODE: endpoint.sslmode,
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  probe.close();
  await once(probe, 'close');
  return address.port;
}

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Certificates, makeCertificates } from './certificates.ts';
import { findFreePort } from './free-port.ts';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { queryOnce, urlOf } from './postgres-query.ts';
import type { PostgresOptions, PostgresServer } from './postgres-server.ts';
import { hbaText, settingArguments } from './postgres-settings.ts';
import { findUnprivilegedUser, type SystemUser } from './unprivileged-user.ts';

const run = promisify(execFile);
const HOST = '127.0.0.1';
const USER = 'postgres';
const ENVIRONMENT = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' };
const NO_SOCKET = ['-c', 'unix_socket_directories='];
const START_TIMEOUT = 30_000;
const PORT_ATTEMPTS = 5;

/** A server's directory, ready to be started on. */
interface Cluster {
  readonly dir: string;
  readonly bin: string;
  readonly user: SystemUser | undefined;
  readonly password: string;
  readonly tls: Certificates | undefined;
}

/** Starts a PostgreSQL from binaries on this machine, as an unprivileged user. */
export async function startNativePostgres(options: PostgresOptions): Promise<PostgresServer> {
  const binaries = findPostgresBinaries(options.version);
  for (let attempt = 1; ; attempt += 1) {
    const cluster = await makeCluster(options, binaries);
    const port = await findFreePort();
    const server = await startPostmaster(cluster, port, options);
    if (await becomesReady(cluster, server)) {
      return describe(options, binaries, cluster, port, server);
    }
    const log = server.logTail();
    await server.stop();
    // Another program may take a port between its choice and its use, so a few are tried.
    if (attempt === PORT_ATTEMPTS || !log.includes('Address already in use')) {
      throw new Error(`postgres ${options.version} did not start:\n${log}`);
    }
  }
}

function describe(
  options: PostgresOptions,
  binaries: PostgresBinaries,
  cluster: Cluster,
  port: number,
  server: GuardedProcess,
): PostgresServer {
  const address = {
    host: HOST,
    port,
    user: USER,
    password: cluster.password,
    database: 'postgres',
  };
  return {
    version: options.version,
    source: 'native',
    description: `native, ${binaries.description}`,
    ...address,
    adminUrl: urlOf(address),
    ...(cluster.tls === undefined ? {} : { tls: { ca: cluster.tls.ca } }),
    pid: server.pid,
    query: (text, values) => queryOnce(address, cluster.tls?.ca, text, values),
    logTail: async () => server.logTail(),
    stop: () => server.stop(),
  };
}

async function makeCluster(options: PostgresOptions, binaries: PostgresBinaries): Promise<Cluster> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-postgres-'));
  try {
    const user = findUnprivilegedUser();
    const password = randomBytes(12).toString('hex');
    const tlsDir = join(dir, 'tls');
    await mkdir(tlsDir);
    const tls = await writeTls(options.tls, tlsDir);
    await writeFile(join(dir, 'password'), password, { mode: 0o600 });
    await writeFile(join(dir, 'hba.conf'), hbaText(options));
    await giveTo(user, dir);
    const bin = await makeRunnable(binaries, user, dir);
    await initialise({ dir, bin, user, password, tls });
    return { dir, bin, user, password, tls };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

async function writeTls(
  tls: Certificates | false | undefined,
  dir: string,
): Promise<Certificates | undefined> {
  if (tls === false) return undefined;
  if (tls === undefined) return makeCertificates({ hosts: ['localhost', HOST], dir });
  await writeFile(join(dir, 'server.crt'), tls.cert);
  await writeFile(join(dir, 'server.key'), tls.key, { mode: 0o600 });
  return tls;
}

async function giveTo(user: SystemUser | undefined, path: string): Promise<void> {
  if (user !== undefined) await run('chown', ['-R', `${user.uid}:${user.gid}`, path]);
}

/** A checkout under a directory that only root may enter: copies the binaries out of it. */
async function makeRunnable(
  binaries: PostgresBinaries,
  user: SystemUser | undefined,
  dir: string,
): Promise<string> {
  if (user === undefined || binaries.relocatable === undefined) return binaries.bin;
  const runs = await run(join(binaries.bin, 'postgres'), ['--version'], { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );
  if (runs) return binaries.bin;
  const copy = join(dir, 'install');
  await cp(binaries.relocatable, copy, { recursive: true, verbatimSymlinks: true });
  await giveTo(user, copy);
  return join(copy, 'bin');
}

async function initialise(cluster: Cluster): Promise<void> {
  const { dir, bin, user } = cluster;
  const passwordFile = join(dir, 'password');
  await run(
    join(bin, 'initdb'),
    [
      ...['--pgdata', join(dir, 'data'), '--username', USER, '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
    ],
    { ...user, cwd: '/', env: ENVIRONMENT },
  );
  await rm(passwordFile);
}

function startPostmaster(
  cluster: Cluster,
  port: number,
  options: PostgresOptions,
): Promise<GuardedProcess> {
  const { dir, bin, user, tls } = cluster;
  const tlsDir = tls === undefined ? undefined : join(dir, 'tls');
  const settings = settingArguments(options, join(dir, 'hba.conf'), tlsDir);
  return startGuarded({
    command: join(bin, 'postgres'),
    args: ['-D', join(dir, 'data'), '-h', HOST, '-p', String(port), ...NO_SOCKET, ...settings],
    dir,
    user,
    env: ENVIRONMENT,
    signal: 'QUIT',
  });
}

/** The server says on line 8 of `postmaster.pid` whether it takes connections. */
async function becomesReady(cluster: Cluster, server: GuardedProcess): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT;
  while (!server.ended() && Date.now() < deadline) {
    if (postmasterLines(cluster)[7]?.trim() === 'ready') return true;
    await delay(10);
  }
  return false;
}

function postmasterLines(cluster: Cluster): readonly string[] {
  const file = join(cluster.dir, 'data', 'postmaster.pid');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
}

/** Weir as its users run it: `weir serve` with a configuration file, tokens over TLS. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort, type Issuer, makeCertificates, startIssuer } from '@weir/testkit';
import type { OpenDoor } from './doors.ts';
import type { Endpoint } from './endpoint.ts';
import { DATABASES } from './tested-server.ts';

const COMMAND = resolve(import.meta.dirname, '../../packages/cli/src/main.ts');
const PASSWORD_VARIABLE = 'REGRESSION_DATABASE_PASSWORD';
const USER = 'ana@acme.com';
const TOKEN_SECONDS = 3600;
const START_MS = 15_000;

/** The configuration and the operational log stay in `folder`. */
export const openWeir: OpenDoor = async (upstream, folder) => {
  await mkdir(folder);
  const issuer = await startIssuer();
  const port = await findFreePort();
  const file = join(folder, 'weir.yaml');
  await makeCertificates({ hosts: ['127.0.0.1'], dir: folder });
  // JSON is YAML.
  await writeFile(file, JSON.stringify(configuration(upstream, issuer, port), null, 2));

  const log = openSync(join(folder, 'weir.log'), 'a');
  const node = [process.execPath, '--conditions=weir-source', COMMAND, 'serve', '-c', file];
  const weir = spawn('setpriv', ['--pdeathsig', 'TERM', ...node], {
    env: { [PASSWORD_VARIABLE]: upstream.password },
    stdio: ['ignore', log, log],
  });
  const exited = once(weir, 'exit');
  const stop = async () => {
    weir.kill('SIGTERM');
    await exited;
    await issuer.close();
  };
  try {
    await untilListening(port, () => weir.exitCode === null);
  } catch (cause) {
    await stop();
    throw cause;
  }
  const password = await issuer.tokenFor(USER, { expiresIn: TOKEN_SECONDS });
  return { endpoint: { host: '127.0.0.1', port, user: USER, password, sslmode: 'require' }, stop };
};

function configuration(upstream: Endpoint, issuer: Issuer, port: number) {
  const { host, port: databasePort, user } = upstream;
  const target = (database: string) => ({
    protocol: 'postgres',
    environment: 'test',
    upstream: {
      ...{ host, port: databasePort, database, user },
      ...{ password: `\${env:${PASSWORD_VARIABLE}}`, tls: 'disable' },
    },
  });
  return {
    version: 1,
    listen: { postgres: `127.0.0.1:${port}` },
    tls: { cert: './server.crt', key: './server.key' },
    identity: { issuers: [{ name: 'test', url: issuer.url, audience: issuer.audience }] },
    targets: Object.fromEntries(DATABASES.map((database) => [database, target(database)])),
    access: [
      { name: 'tests', groups: ['engineering'], targets: { environment: 'test' }, allow: 'all' },
    ],
  };
}

async function untilListening(port: number, running: () => boolean): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (running() && Date.now() < deadline) {
    const socket = connect({ host: '127.0.0.1', port });
    try {
      await once(socket, 'connect');
      return;
    } catch (refused) {
      if (Date.now() > deadline) throw refused;
      await delay(50);
    } finally {
      socket.destroy();
    }
  }
  throw new Error('weir did not start; its log is in the results');
}

/**
 * Weir. With TLS it is the product as its users run it: `weir serve`, an OpenID issuer, a token as the
 * password. The product takes tokens over TLS only, so without TLS it is the same engine and plugin,
 * put together with an authenticator that takes anybody and without metrics and log.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findFreePort, type Issuer, startIssuer } from '@weir/testkit';
import { startNodePeer } from './node-peer.ts';
import type { Peer, PeerSetting, RunningPeer } from './peer.ts';
import { TARGET } from './weir-target.ts';
import { untilItAnswers } from './wire-client.ts';

const COMMAND = resolve(import.meta.dirname, '../../packages/cli/src/main.ts');
const PROGRAM = resolve(import.meta.dirname, 'weir-program.ts');
const USER = 'ana@acme.com';
/** Longer than any run. */
const TOKEN_SECONDS = 6 * 3600;

export const weir: Peer = {
  name: 'weir',
  start: async (setting) => {
    if (setting.tls) return startProduct(setting);
    const { address, ...peer } = await startNodePeer(PROGRAM, setting);
    return { ...peer, address: { ...address, database: TARGET } };
  },
};

async function startProduct(setting: PeerSetting): Promise<RunningPeer> {
  const folder = await mkdtemp(join(setting.folder, 'weir-'));
  const issuer = await startIssuer();
  const port = await findFreePort();
  const file = join(folder, 'weir.yaml');
  await writeFile(join(folder, 'server.crt'), setting.certificates.cert);
  await writeFile(join(folder, 'server.key'), setting.certificates.key, { mode: 0o600 });
  // JSON is YAML.
  await writeFile(file, JSON.stringify(configuration(setting, issuer, port)));
  const node = [process.execPath, '--conditions=weir-source', COMMAND, 'serve', '-c', file];
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...node], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const exited = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error('weir did not start');
  const password = await issuer.tokenFor(USER, { expiresIn: TOKEN_SECONDS });
  const address = {
    ...{ host: '127.0.0.1', port, user: USER, password },
    ...{ database: TARGET, tls: true },
  };
  await untilItAnswers(address, setting.certificates);
  return {
    address,
    pid,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      await issuer.close();
    },
  };
}

function configuration(setting: PeerSetting, issuer: Issuer, port: number) {
  const { host, port: databasePort, user, database } = setting.database;
  return {
    version: 1,
    listen: { postgres: `127.0.0.1:${port}` },
    tls: { cert: './server.crt', key: './server.key' },
    identity: { issuers: [{ name: 'bench', url: issuer.url, audience: issuer.audience }] },
    targets: {
      [TARGET]: {
        protocol: 'postgres',
        environment: 'bench',
        upstream: { host, port: databasePort, database, user, tls: 'disable' },
      },
    },
    access: [
      { name: 'all', groups: ['engineering'], targets: { environment: 'bench' }, allow: 'all' },
    ],
    limits: { max_connections_per_principal: setting.sessions + 50, drain_timeout: '1s' },
  };
}

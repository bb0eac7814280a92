import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Issuer, makeCertificates, startGuarded, startIssuer } from '@weir/testkit';
import type { Connection } from './connection.ts';

/** A running `weir serve`, in front of servers, and an issuer that vouches for Ana. */
export interface WeirProcess {
  /** Its process id. */
  readonly pid: number;
  /** The issuer that it trusts. */
  readonly issuer: Issuer;
  /** What Ana connects with to reach the target of this name. */
  connectionTo(target: string): Connection;
  stop(): Promise<void>;
}

const COMMAND = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const ANA = 'ana@acme.com';
/** Longer than a whole test run. */
const TOKEN_SECONDS = 4 * 60 * 60;
const START_LIMIT = 30_000;

/**
 * Starts Weir from source as its users do. `upstreams` says what stands behind each target;
 * `replicated` are the targets that allow replication.
 */
export async function startWeirProcess(
  upstreams: ReadonlyMap<string, Connection>,
  replicated: readonly string[] = [],
): Promise<WeirProcess> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-e2e-serve-'));
  const issuer = await startIssuer();
  await makeCertificates({ hosts: ['127.0.0.1', 'localhost'], dir });
  const config = join(dir, 'weir.yaml');
  // JSON is YAML.
  await writeFile(config, JSON.stringify(configuration(upstreams, replicated, issuer), null, 2));
  const weir = await startGuarded({
    command: process.execPath,
    args: ['--conditions=weir-source', COMMAND, 'serve', '--config', config],
    dir,
    user: undefined,
    env: Object.fromEntries(
      [...upstreams].map(([target, { password }]) => [passwordVariable(target), password]),
    ),
    signal: 'TERM',
  });
  const stop = async () => {
    await weir.stop();
    await issuer.close();
  };
  const deadline = Date.now() + START_LIMIT;
  let port = listeningPort(weir.logTail());
  while (port === undefined) {
    if (weir.ended() || Date.now() > deadline) {
      const log = weir.logTail();
      await stop();
      throw new Error(`weir did not start:\n${log}`);
    }
    await delay(20);
    port = listeningPort(weir.logTail());
  }
  const shared = { host: '127.0.0.1', port, user: ANA, caFile: join(dir, 'ca.crt') };
  const password = await issuer.tokenFor(ANA, { expiresIn: TOKEN_SECONDS });
  return {
    pid: weir.pid,
    issuer,
    connectionTo: (database) => ({ ...shared, password, database }),
    stop,
  };
}

function configuration(
  upstreams: ReadonlyMap<string, Connection>,
  replicated: readonly string[],
  issuer: Issuer,
) {
  const targets = [...upstreams].map(([name, { host, port, database, user, caFile }]) => {
    const password = `\${env:${passwordVariable(name)}}`;
    const upstream = { host, port, database, user, password, tls: 'verify-full', ca: caFile };
    const allow_replication = replicated.includes(name);
    return [name, { protocol: 'postgres', environment: 'test', upstream, allow_replication }];
  });
  return {
    version: 1,
    listen: { postgres: '127.0.0.1:0' },
    log: { format: 'json' },
    tls: { cert: './server.crt', key: './server.key' },
    identity: { issuers: [{ name: 'test', url: issuer.url, audience: issuer.audience }] },
    targets: Object.fromEntries(targets),
    access: [
      {
        name: 'engineers do anything',
        groups: ['engineering'],
        targets: { environment: 'test' },
        allow: 'all',
      },
    ],
  };
}

function passwordVariable(target: string): string {
  return `${target.toUpperCase()}_PASSWORD`;
}

/** The port that the log says Weir listens on. */
function listeningPort(log: string): number | undefined {
  const line = log.split('\n').find((text) => text.includes('"message":"listening"'));
  return line === undefined ? undefined : Number(JSON.parse(line).port);
}

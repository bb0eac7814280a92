import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWeir, type Weir } from '@weir/server';
import {
  type Certificates,
  type Issuer,
  makeCertificates,
  type PostgresServer,
  startIssuer,
  startPostgres,
} from '@weir/testkit';
import { loadSampleData } from './sample-data.ts';

export const HOST = '127.0.0.1';
export const TARGET = 'orders-prod';
const PROXY_PORT = 6432;
const ADMIN_PORT = 8432;
const TOKEN_SECONDS = 3600;
const RENEW_MS = (TOKEN_SECONDS / 2) * 1000;

/** The sample scene, running: a database, an issuer with people, and Weir in front of both. */
export interface Scene {
  readonly weir: Weir;
  readonly issuer: Issuer;
  readonly database: PostgresServer;
  readonly certificates: Certificates;
  /** The authority's certificate, for clients. */
  readonly caFile: string;
  readonly port: number;
  /** The `weir.yaml` that is in force; it may be edited while the scene runs. */
  readonly configPath: string;
  /** A file with a token that is kept fresh, by the person's or agent's name. */
  readonly tokenFile: (name: string) => string;
  readonly config: (options: ConfigChoice) => string;
  stop(): Promise<void>;
}

interface ConfigChoice {
  /** Whether agents may use the sample target. */
  readonly agents: boolean;
}

/** Starts everything; what was started is stopped again when a later part fails. */
export async function startScene(tell: (what: string) => void): Promise<Scene> {
  const cleanups: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= runInTurn(cleanups.reverse());
    return stopping;
  };
  try {
    const dir = await mkdtemp(join(tmpdir(), 'weir-quickstart-'));
    cleanups.push(() => rm(dir, { recursive: true, force: true }));
    tell('starting a real Postgres');
    const database = await startPostgres({ version: '18' });
    cleanups.push(() => database.stop());
    await loadSampleData(database);
    tell('starting an OpenID provider with sample people');
    const issuer = await startIssuer();
    cleanups.push(() => issuer.close());
    const certificates = await makeCertificates({ hosts: ['localhost', HOST], dir });
    await writeFile(join(dir, 'database-ca.crt'), database.tls?.ca ?? '');
    const ports = { proxy: await freePort(PROXY_PORT), admin: await freePort(ADMIN_PORT) };
    const config = (choice: ConfigChoice) => weirYaml(database, issuer, ports, choice);
    const configPath = join(dir, 'weir.yaml');
    await writeFile(configPath, config({ agents: true }));
    tell('starting Weir');
    const env = { ORDERS_PASSWORD: database.password };
    const weir = await startWeir({ configPath, env });
    cleanups.push(() => weir.stop());
    const tokenFile = (name: string) => join(dir, `${name}.token`);
    const timer = await keepTokens(issuer, tokenFile);
    cleanups.push(async () => clearInterval(timer));
    return {
      weir,
      issuer,
      database,
      certificates,
      caFile: join(dir, 'ca.crt'),
      configPath,
      config,
      tokenFile,
      stop,
      port: weir.addresses[0]?.port ?? ports.proxy,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function runInTurn(steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of steps) await step();
}

/** The wanted port, or 0 when something else listens there. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(0));
    probe.listen(wanted, HOST, () => probe.close(() => resolve(wanted)));
  });
}

/** Writes a token for everybody and renews it before it ends, so that printed lines stay good. */
async function keepTokens(issuer: Issuer, file: (name: string) => string): Promise<NodeJS.Timeout> {
  const names = [...issuer.people.map(({ subject }) => subject), issuer.agent.clientId];
  const renew = async () => {
    for (const name of names) {
      const token = await issuer.tokenFor(name, { expiresIn: TOKEN_SECONDS });
      await writeFile(file(name), token, { mode: 0o600 });
      await chmod(file(name), 0o600);
    }
  };
  await renew();
  const timer = setInterval(() => {
    renew().catch((error: Error) => process.stderr.write(`tokens not renewed: ${error.message}\n`));
  }, RENEW_MS);
  timer.unref();
  return timer;
}

function weirYaml(
  database: PostgresServer,
  issuer: Issuer,
  ports: { readonly proxy: number; readonly admin: number },
  choice: ConfigChoice,
): string {
  const agents = `
  - { name: agents, kinds: [agent], targets: [${TARGET}], allow: all }`;
  return `version: 1
listen:
  postgres: ${HOST}:${ports.proxy}
  admin: ${HOST}:${ports.admin}
tls: { cert: ./server.crt, key: ./server.key }
identity:
  issuers:
    - { name: sample, url: ${issuer.url}, audience: ${issuer.audience}, kind_claim: weir_kind }
targets:
  ${TARGET}:
    protocol: postgres
    environment: production
    upstream:
      host: ${database.host}
      port: ${database.port}
      database: ${database.database}
      user: ${database.user}
      password: \${env:ORDERS_PASSWORD}
      tls: verify-full
      ca: ./database-ca.crt
access:
  - { name: engineers, groups: [engineering], kinds: [human], targets: { environment: production }, allow: all }
  - { name: on-call, groups: [on-call], kinds: [human], targets: { environment: production }, allow: all }${choice.agents ? agents : ''}
log: { level: warn, format: text }
`;
}

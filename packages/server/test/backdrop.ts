import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Certificates,
  findFreePort,
  type Issuer,
  makeCertificates,
  type PostgresServer,
  startIssuer,
  startPostgres,
} from '@weir/testkit';

/** What stands around Weir: an issuer, certificates, a directory, and perhaps a real database. */
export interface Backdrop {
  readonly issuer: Issuer;
  readonly certificates: Certificates;
  readonly dir: string;
  readonly database: DatabaseAddress;
  stop(): Promise<void>;
}

/** The database that the targets name; where there is none, its port is one that nobody listens on. */
interface DatabaseAddress {
  readonly port: number;
  readonly password: string;
  readonly server: PostgresServer | undefined;
}

/** Sections of a `weir.yaml`; a test replaces those that it is about. */
export interface Sections {
  readonly listen: string;
  readonly tls: string;
  readonly identity: string;
  readonly targets: string;
  readonly access: string;
  readonly limits: string;
  readonly log: string;
}

export async function startBackdrop(options: { readonly postgres: boolean }): Promise<Backdrop> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-server-'));
  const [issuer, certificates, server] = await Promise.all([
    startIssuer(),
    makeCertificates({ hosts: ['127.0.0.1', 'localhost'], dir }),
    options.postgres ? startPostgres({ version: '18' }) : undefined,
  ]);
  await writeFile(join(dir, 'database-ca.crt'), server?.tls?.ca ?? certificates.ca);
  const port = server?.port ?? (await findFreePort());
  return {
    issuer,
    certificates,
    dir,
    database: { port, password: server?.password ?? 'no-password-is-needed', server },
    stop: async () => {
      await Promise.all([issuer.close(), server?.stop()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The text of a `weir.yaml` on free ports, with the target `orders` for engineers. */
export function weirYaml(backdrop: Backdrop, changed: Partial<Sections> = {}): string {
  const sections: Sections = {
    listen: 'listen: { postgres: 127.0.0.1:0, admin: 127.0.0.1:0 }',
    tls: 'tls: { cert: server.crt, key: server.key }',
    identity: `identity:\n  issuers:\n${issuerLine('acme', backdrop.issuer)}`,
    targets: `targets:\n${targetLines('orders', backdrop)}\n${targetLines('payroll', backdrop)}`,
    access:
      'access:\n  - { name: engineers, groups: [engineering], targets: [orders], allow: all }',
    limits: '',
    log: 'log: { level: error }',
    ...changed,
  };
  return ['version: 1', ...Object.values(sections)].filter((text) => text !== '').join('\n');
}

export function issuerLine(
  name: string,
  { url, audience }: Pick<Issuer, 'url' | 'audience'>,
): string {
  return `    - { name: ${name}, url: "${url}", audience: ${audience}, kind_claim: weir_kind }`;
}

/** A target on the backdrop's database. */
export function targetLines(
  name: string,
  { database }: Backdrop,
  changed: { readonly port?: number; readonly password?: string } = {},
): string {
  return `  ${name}:
    protocol: postgres
    environment: production
    upstream:
      host: 127.0.0.1
      port: ${changed.port ?? database.port}
      database: postgres
      user: postgres
      password: "\${env:${changed.password ?? 'DATABASE_PASSWORD'}}"
      tls: verify-full
      ca: database-ca.crt`;
}

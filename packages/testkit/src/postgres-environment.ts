import { readFileSync } from 'node:fs';
import { queryOnce, urlOf } from './postgres-query.ts';
import type { PostgresOptions, PostgresServer } from './postgres-server.ts';
import { ServiceUnavailable } from './service-unavailable.ts';

/** The variable that names a server of this version. */
export function environmentVariable(version: string): string {
  return `WEIR_TEST_POSTGRES_${version}`;
}

/**
 * The server that the environment names, or undefined. Its settings are its owner's, so a test that
 * asks for some of its own is not given it. `sslrootcert` names the file of its authority.
 */
export async function connectEnvironmentPostgres(
  options: PostgresOptions,
): Promise<PostgresServer | undefined> {
  const { version, settings, hba, tls } = options;
  const variable = environmentVariable(version);
  const text = process.env[variable];
  if (text === undefined || settings !== undefined || hba !== undefined || tls !== undefined) {
    return undefined;
  }
  const url = new URL(text);
  const caFile = url.searchParams.get('sslrootcert');
  const ca = caFile === null ? undefined : readFileSync(caFile, 'utf8');
  const address = {
    host: url.hostname,
    port: Number(url.port === '' ? '5432' : url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
  const server: PostgresServer = {
    version,
    source: 'environment',
    description: `${variable} (${address.host}:${address.port})`,
    ...address,
    adminUrl: urlOf(address),
    ...(ca === undefined ? {} : { tls: { ca } }),
    query: (statement, values) => queryOnce(address, ca, statement, values),
    logTail: async () => '',
    stop: async () => {},
  };
  await checkVersion(server, variable);
  return server;
}

async function checkVersion(server: PostgresServer, variable: string): Promise<void> {
  const rows = await server.query("select current_setting('server_version_num') as number");
  const major = String((Number(rows[0]?.['number']) / 10_000) | 0);
  if (major === server.version) return;
  throw new ServiceUnavailable(
    `postgres ${server.version}`,
    `${variable} names a PostgreSQL ${major}`,
  );
}

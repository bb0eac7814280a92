import type { PostgresOptions } from './postgres-server.ts';

/** Speed over durability: a test's server is thrown away. */
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
};

const HBA = ['host all all all scram-sha-256', 'host replication all all scram-sha-256'];

/** What `pg_hba.conf` says. */
export function hbaText(options: PostgresOptions): string {
  return `${(options.hba ?? HBA).join('\n')}\n`;
}

/** The server's `-c name=value` arguments. `tlsDir` holds `server.crt` and `server.key`. */
export function settingArguments(
  options: PostgresOptions,
  hbaFile: string,
  tlsDir: string | undefined,
): readonly string[] {
  const tls =
    tlsDir === undefined
      ? {}
      : {
          ssl: 'on',
          ssl_cert_file: `${tlsDir}/server.crt`,
          ssl_key_file: `${tlsDir}/server.key`,
        };
  const settings = { ...SETTINGS, hba_file: hbaFile, ...tls, ...options.settings };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

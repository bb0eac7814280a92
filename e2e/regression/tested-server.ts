/** A new PostgreSQL server with the two databases that the suites use. */
import { startPostgres } from '@weir/testkit';
import type { Endpoint } from './endpoint.ts';

/** The databases, named as pg_regress and pg_isolation_regress name them. */
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

/** PostgreSQL's own defaults: the suites expect what these bring about. */
const SERVER_SETTINGS = {
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '100',
};

interface TestedServer {
  /** The server itself, as a superuser. */
  readonly endpoint: Endpoint;
  stop(): Promise<void>;
}

export async function startTestedServer(): Promise<TestedServer> {
  const server = await startPostgres({ version: '15', settings: SERVER_SETTINGS });
  try {
    for (const database of DATABASES) {
      await server.query(`CREATE DATABASE ${database} TEMPLATE template0`);
      for (const setting of DATABASE_SETTINGS)
        await server.query(`ALTER DATABASE ${database} SET ${setting}`);
    }
  } catch (cause) {
    await server.stop();
    throw cause;
  }
  const { host, port, user, password } = server;
  return {
    // As through Weir: libpq words the loss of a connection differently when it is encrypted.
    endpoint: { host, port, user, password, sslmode: 'require' },
    stop: () => server.stop(),
  };
}

import type { Certificates } from './certificates.ts';

/** The major versions that the product is tested against. */
export const POSTGRES_VERSIONS = ['15', '17', '18'] as const;

/** A major version of PostgreSQL. */
export type PostgresVersion = (typeof POSTGRES_VERSIONS)[number];

/** Which server to start and how. */
export interface PostgresOptions {
  readonly version: PostgresVersion;
  /** Server settings (`postgresql.conf`), over the testkit's own. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of `pg_hba.conf`; scram-sha-256 for everyone, with and without TLS, when absent. */
  readonly hba?: readonly string[];
  /** The server's certificate, or false for a server without TLS; one is made when absent. */
  readonly tls?: Certificates | false;
}

/** One row, by column name. */
export type PostgresRow = Readonly<Record<string, unknown>>;

/** How a server was obtained. */
export type ServiceSource = 'environment' | 'docker' | 'native';

/** A real PostgreSQL server that a test may do anything to. */
export interface PostgresServer {
  readonly version: PostgresVersion;
  readonly source: ServiceSource;
  /** How it was obtained, for people. */
  readonly description: string;
  readonly host: string;
  readonly port: number;
  /** A superuser. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `postgres://user:password@host:port/database` of the superuser. */
  readonly adminUrl: string;
  /** PEM text of the authority that signed the server's certificate; absent without TLS. */
  readonly tls?: { readonly ca: string };
  /** The postmaster's process id; absent for a server that is not this machine's process. */
  readonly pid?: number;
  /** Runs one statement as the superuser on a connection of its own. */
  query(text: string, values?: readonly unknown[]): Promise<readonly PostgresRow[]>;
  /** The end of the server's log; empty where it cannot be read. */
  logTail(): Promise<string>;
  /** Ends the server and removes everything of it; does nothing to one from the environment. */
  stop(): Promise<void>;
}

/** Where a server listens and how its superuser logs in. */
export type PostgresAddress = Pick<
  PostgresServer,
  'host' | 'port' | 'user' | 'password' | 'database'
>;

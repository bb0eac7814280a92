import type { Secret } from './secret.ts';

/** How far the proxy trusts and hides its own connection to a database; names follow libpq. */
export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** The database behind a target and the account that the proxy itself uses there. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: Secret;
  readonly tls: TlsMode;
  /** PEM text of the authorities that may sign the database's certificate; the system's when absent. */
  readonly ca?: string;
}

/** A database that people may ask for by name. */
export interface Target {
  readonly name: string;
  readonly protocol: string;
  readonly environment: string;
  readonly upstream: Upstream;
  /** Session settings that a client may choose at connect beyond those the plugin deems harmless. */
  readonly allowSettings: readonly string[];
  /** Whether clients may open replication connections. */
  readonly allowReplication: boolean;
}

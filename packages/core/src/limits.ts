import type { MachineLimits } from '@weir/contract';

/** Every bound of the engine. Times are milliseconds, sizes bytes; docs/configuration.md lists them. */
export interface EngineLimits extends MachineLimits {
  /** Sessions and connections that are becoming one, together. */
  readonly maxConnections: number;
  readonly maxConnectionsPerPrincipal: number;
  /** Connections that have not authenticated yet. */
  readonly maxPendingHandshakes: number;
  /** From accepting a connection to its login. */
  readonly handshakeTimeout: number;
  /** From the login to a database that is ready. */
  readonly dialTimeout: number;
  /** Without a byte in either direction while it is its client's turn; 0 is for ever. */
  readonly idleTimeout: number;
  /** What sessions get to finish their work when the proxy shuts down; then `closeTimeout` applies. */
  readonly drainTimeout: number;
  /** What a peer gets to take its last bytes. */
  readonly closeTimeout: number;
}

export const DEFAULT_LIMITS: EngineLimits = Object.freeze({
  maxConnections: 10_000,
  maxConnectionsPerPrincipal: 1_000,
  maxPendingHandshakes: 2_000,
  handshakeTimeout: 30_000,
  dialTimeout: 15_000,
  idleTimeout: 0,
  drainTimeout: 30_000,
  closeTimeout: 10_000,
  statementBytes: 16 * 1024 * 1024,
  statementsPerQuery: 10_000,
  preparedBytes: 64 * 1024 * 1024,
  pipelineDepth: 10_000,
});

/** The named limits of a configuration, in milliseconds, bytes and counts; see docs/configuration.md. */
export interface Limits {
  readonly maxConnections: number;
  readonly maxConnectionsPerPrincipal: number;
  readonly maxPendingHandshakes: number;
  readonly handshakeTimeout: number;
  readonly dialTimeout: number;
  readonly idleTimeout: number;
  readonly drainTimeout: number;
  readonly closeTimeout: number;
  readonly statementBytes: number;
  readonly statementsPerQuery: number;
  readonly preparedBytes: number;
  readonly pipelineDepth: number;
}

/** One limit: its default and bounds as `weir.yaml` writes them, and its meaning. */
export type LimitSpec =
  | {
      readonly unit: 'count';
      readonly fallback: number;
      readonly min: number;
      readonly max: number;
      readonly meaning: string;
    }
  | {
      readonly unit: 'duration' | 'size';
      readonly fallback: string;
      readonly min: string;
      readonly max: string;
      readonly meaning: string;
    };

/** Every limit that `weir.yaml` knows, by its name there. */
export const LIMITS = {
  max_connections: {
    unit: 'count',
    fallback: 10_000,
    min: 1,
    max: 100_000,
    meaning:
      'clients that have sent a login and whose session has not ended, at one time, over all listeners',
  },
  max_connections_per_principal: {
    unit: 'count',
    fallback: 1000,
    min: 1,
    max: 100_000,
    meaning: 'sessions that one principal may have open at one time',
  },
  max_pending_handshakes: {
    unit: 'count',
    fallback: 2000,
    min: 1,
    max: 100_000,
    meaning: 'clients that have not sent their login yet; one more, and the oldest is closed',
  },
  handshake_timeout: {
    unit: 'duration',
    fallback: '30s',
    min: '1s',
    max: '10m',
    meaning: 'time a client has from connecting to its login',
  },
  dial_timeout: {
    unit: 'duration',
    fallback: '15s',
    min: '100ms',
    max: '10m',
    meaning: 'time from the login to a database that is ready',
  },
  idle_timeout: {
    unit: 'duration',
    fallback: '0s',
    min: '0s',
    max: '168h',
    meaning:
      "time a session may go without a byte in either direction while it is its client's turn; `0s` is for ever",
  },
  drain_timeout: {
    unit: 'duration',
    fallback: '30s',
    min: '1s',
    max: '24h',
    meaning: 'time that open sessions have to finish when the proxy stops',
  },
  close_timeout: {
    unit: 'duration',
    fallback: '5s',
    min: '100ms',
    max: '10m',
    meaning: 'time a closing connection has to take its last bytes',
  },
  statement_bytes: {
    unit: 'size',
    fallback: '16MiB',
    min: '1KiB',
    max: '1GiB',
    meaning: "one statement's text; a longer one is denied",
  },
  statements_per_query: {
    unit: 'count',
    fallback: 10_000,
    min: 1,
    max: 100_000,
    meaning: 'statements in one query string; a string with more is denied',
  },
  prepared_bytes: {
    unit: 'size',
    fallback: '64MiB',
    min: '1KiB',
    max: '1GiB',
    meaning: "text that one session's prepared statements hold together",
  },
  pipeline_depth: {
    unit: 'count',
    fallback: 10_000,
    min: 1,
    max: 100_000,
    meaning: 'messages a client may send ahead of the answers before it is paused',
  },
} as const satisfies Readonly<Record<string, LimitSpec>>;

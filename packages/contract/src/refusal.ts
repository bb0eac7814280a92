/**
 * Why a session cannot begin or go on. Each plugin maps these to its own protocol's codes; the table
 * of what a client sees is in docs/errors.md.
 */
export type RefusalCode =
  | 'tls-required'
  | 'not-authenticated'
  | 'target-unavailable'
  | 'setting-forbidden'
  | 'replication-forbidden'
  | 'too-many-connections'
  | 'handshake-timeout'
  | 'upstream-unreachable'
  | 'upstream-refused'
  | 'upstream-lost'
  | 'protocol-violation'
  | 'idle-timeout'
  | 'shutting-down'
  | 'session-revoked'
  | 'internal';

/** A session-level no: what the client reads, and the reference that finds its event. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  readonly hint?: string;
  /** The event's id, for `weir ref`; absent when no event was made. */
  readonly ref?: string;
}

import type { AuthFailure } from './authenticator.ts';
import type { Principal } from './principal.ts';
import type { Refusal } from './refusal.ts';
import type { Completion, Failure, Statement } from './statement.ts';
import type { Target } from './target.ts';
import type { Verdict } from './verdict.ts';

/** Where a client connects from and how. */
export interface ClientFacts {
  readonly address: string;
  readonly port: number;
  /** The TLS version between the client and Weir; absent on a plain connection. */
  readonly tls?: string;
  /** What the client calls itself; claimed, never trusted. */
  readonly application?: string;
}

/** A session that passed the gate's session order, as observers see it. */
export interface SessionFacts {
  /** A ULID. */
  readonly id: string;
  readonly protocol: string;
  readonly principal: Principal;
  readonly target: Target;
  /** The database on that target's server. */
  readonly database: string;
  /** The name of the access rule that let it in. */
  readonly rule: string;
  readonly client: ClientFacts;
}

/** One column of a result, in protocol-neutral words. */
export interface Column {
  readonly name: string;
  /** The relation and column that the database itself names as the origin; 0 when it names none. */
  readonly relation: number;
  readonly attribute: number;
  /** The protocol's own type number. */
  readonly type: number;
  readonly format: 'text' | 'binary';
}

/** A result's shape. The columns are decoded when asked, and only while the event is delivered. */
export interface ColumnView {
  readonly count: number;
  columns(): readonly Column[];
}

/** What a batch carries: rows of a result, or the data of a bulk copy in either direction. */
export type BatchForm = 'rows' | 'copy-out' | 'copy-in';

interface SessionEvent {
  readonly session: SessionFacts;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

interface StatementEvent extends SessionEvent {
  readonly statement: Statement;
}

export interface SessionOpened extends SessionEvent {
  readonly type: 'session.opened';
  /** Milliseconds from accepting the connection to the client being told it is ready, by stage. */
  readonly timings: {
    readonly authenticate: number;
    readonly dial: number;
    readonly total: number;
  };
}

/** A connection that never became a session. */
export interface SessionRefused {
  readonly type: 'session.refused';
  readonly id: string;
  readonly protocol: string;
  readonly client: ClientFacts;
  readonly at: number;
  readonly refusal: Refusal;
  /** Why the credential was not taken, when that is what it was refused for. */
  readonly failure?: AuthFailure;
  /**
   * Why there is no database, when that is what it was refused for: the code of the error that the
   * platform, TLS or the database gave, such as ECONNREFUSED, CERT_HAS_EXPIRED or an SQLSTATE.
   */
  readonly cause?: string;
  /** The authenticated principal, once there is one. */
  readonly principal?: Principal;
  /** The target that was asked for, as claimed. */
  readonly requested?: string;
}

export interface StatementSubmitted extends StatementEvent {
  readonly type: 'statement.submitted';
}

export interface StatementDecided extends StatementEvent {
  readonly type: 'statement.decided';
  readonly verdict: Verdict;
  /** A ULID, only on a denial: what the client is told as `weir ref`. */
  readonly ref?: string;
  /** Milliseconds that the decision took. */
  readonly took: number;
}

export interface StatementHeld extends StatementEvent {
  readonly type: 'statement.held';
}

export interface StatementReleased extends StatementEvent {
  readonly type: 'statement.released';
}

export interface ResultColumns extends StatementEvent {
  readonly type: 'result.columns';
  readonly view: ColumnView;
}

/**
 * Rows that passed in one chunk. `wire` is a view of the buffer they came in: valid during delivery
 * only (copy it to keep it), and possibly beginning or ending in the middle of a row.
 */
export interface RowBatch extends StatementEvent {
  readonly type: 'result.rows';
  readonly form: BatchForm;
  /** Rows (or copy messages) that begin in this batch. */
  readonly rows: number;
  readonly bytes: number;
  readonly wire: Uint8Array;
}

export interface ResultCompleted extends StatementEvent {
  readonly type: 'result.completed';
  readonly completion: Completion;
  /** Milliseconds since the statement was submitted. */
  readonly took: number;
}

export interface ResultFailed extends StatementEvent {
  readonly type: 'result.failed';
  readonly failure: Failure;
  /** Milliseconds since the statement was submitted. */
  readonly took: number;
}

/** One side stopped reading because the other does not keep up. */
export interface FlowPaused extends SessionEvent {
  readonly type: 'flow.paused';
  readonly side: 'client' | 'database';
}

/** A client asked to cancel; `forwarded` is false when nothing was running. */
export interface CancelRequested extends SessionEvent {
  readonly type: 'cancel.requested';
  readonly forwarded: boolean;
}

/** A client asked to cancel with a key that no session has: guessed, or of a session that is over. */
export interface CancelUnmatched {
  readonly type: 'cancel.unmatched';
  readonly protocol: string;
  readonly client: ClientFacts;
  readonly at: number;
}

export interface SessionClosed extends SessionEvent {
  readonly type: 'session.closed';
  readonly reason: CloseReason;
  readonly statements: number;
  readonly bytesFromClient: number;
  readonly bytesToClient: number;
  /** Milliseconds that the session lasted. */
  readonly took: number;
}

export type CloseReason =
  | 'client-quit'
  | 'client-lost'
  | 'database-closed'
  | 'protocol-violation'
  | 'idle-timeout'
  | 'shutting-down'
  | 'session-revoked'
  | 'internal';

/** What core tells the world, in order, per session. Each statement has exactly one terminal event. */
export type EngineEvent =
  | SessionOpened
  | SessionRefused
  | StatementSubmitted
  | StatementDecided
  | StatementHeld
  | StatementReleased
  | ResultColumns
  | RowBatch
  | ResultCompleted
  | ResultFailed
  | FlowPaused
  | CancelRequested
  | CancelUnmatched
  | SessionClosed;

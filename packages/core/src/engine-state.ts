import type { Refusal } from '@weir/contract';
import type { CancelKeys } from './cancel-keys.ts';
import type { Counts } from './counts.ts';
import type { EventStream } from './event-stream.ts';
import type { Gate } from './gate.ts';
import type { EngineLimits } from './limits.ts';
import type { Session } from './session.ts';

/** A connection that is not a session yet. */
interface Refusable {
  refuse(refusal: Refusal): void;
  /** Ends it without waiting for its client to take the refusal. */
  evict(refusal: Refusal): void;
}

/** What all connections of one engine share. */
export interface EngineState {
  readonly gate: Gate;
  readonly limits: EngineLimits;
  readonly events: EventStream;
  readonly cancelKeys: CancelKeys;
  /** Connections that have not logged in yet. */
  readonly pending: Set<Refusable>;
  /** Connections that have logged in and wait for the gate or the database. */
  readonly admitting: Set<Refusable>;
  readonly sessions: Set<Session>;
  /** Sessions by principal. */
  readonly principals: Counts;
  readonly now: () => number;
  draining: boolean;
  /** A connection or session came or went. */
  changed(): void;
}

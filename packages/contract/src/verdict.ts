/** The statement may run. */
export interface Allow {
  readonly allow: true;
}

/** The statement must not run. A denial is a value, never an exception. */
export interface Denial {
  readonly allow: false;
  readonly code: DenialCode;
  /** What the client reads: one sentence, without values of the statement. */
  readonly message: string;
  /** The rule that decided. */
  readonly rule?: string;
  /** What the client can do instead. */
  readonly hint?: string;
}

export type Verdict = Allow | Denial;

/** Why a statement was denied; each plugin says it in its own protocol's code. */
export type DenialCode =
  | 'forbidden'
  | 'not-understood'
  | 'over-limit'
  | 'session-revoked'
  | 'cancelled';

export const ALLOW: Allow = Object.freeze({ allow: true });

import type { SessionFacts } from './events.ts';

declare const authorised: unique symbol;

/**
 * Proof that the gate let this session pass: authenticated, target resolved, authorised. Only core's
 * `authorised-session.ts` makes one, so a path to a database without it does not compile.
 */
export interface AuthorizedSession extends SessionFacts {
  readonly [authorised]: true;
}

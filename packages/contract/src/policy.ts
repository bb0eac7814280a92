import type { Principal } from './principal.ts';
import type { Target } from './target.ts';

/**
 * What the policy said at one moment. Immutable: a reload makes a new one, and a session takes it at
 * its next statement.
 */
export interface PolicySnapshot {
  /** SHA-256 of the policy's canonical form, hex; the same policy has the same digest everywhere. */
  readonly digest: string;
  readonly targets: ReadonlyMap<string, Target>;
  /** Whether a rule lets this principal open a session on this target, and the rule's name. */
  authorise(principal: Principal, target: Target): SessionGrant;
}

export type SessionGrant =
  | { readonly granted: true; readonly rule: string }
  | { readonly granted: false };

/** Where the current policy is read. Reading is a plain call: it stands on the hot path. */
export interface PolicySource {
  current(): PolicySnapshot;
}

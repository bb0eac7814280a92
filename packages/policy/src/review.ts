import type { Finding } from './problem.ts';

/** What a check of meaning found: what stops the start, and what the operator should know. */
export interface Review {
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** A protocol that this build of Weir speaks. */
export interface ProtocolDefaults {
  readonly protocol: string;
  /** The port that a target of this protocol has unless it says otherwise. */
  readonly defaultPort: number;
}

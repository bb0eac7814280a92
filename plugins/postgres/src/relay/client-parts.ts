import type { MachineLimits } from '@weir/contract';
import type { ClientFlow } from './client-flow.ts';
import type { Decisions } from './decisions.ts';
import type { SessionState } from './session-state.ts';
import type { Violation } from './violation.ts';
import type { RandomBytes } from './withheld.ts';

/** What the readers of a client's messages share. */
export interface ClientParts {
  readonly state: SessionState;
  readonly limits: MachineLimits;
  readonly random: RandomBytes;
  readonly decisions: Decisions;
  readonly flow: ClientFlow;
  readonly violation: Violation;
}

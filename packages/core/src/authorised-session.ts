import type { AuthorizedSession, SessionFacts } from '@weir/contract';
import type { Admission } from './gate.ts';

/**
 * The only place that makes an `AuthorizedSession`: from an admission of the gate and nothing else.
 * The import check fails when another file makes one.
 */
export function authorise(
  admission: Admission & { admitted: true },
  facts: Omit<SessionFacts, 'principal' | 'target' | 'database' | 'rule'>,
): AuthorizedSession {
  const { principal, target, database, rule } = admission;
  return Object.freeze({ ...facts, principal, target, database, rule }) as AuthorizedSession;
}

import type { CloseReason, Refusal } from '@weir/contract';

/** How a session ends that does not end by itself: what its client reads, and what its event says. */

export const SHUTTING_DOWN: Refusal = {
  code: 'shutting-down',
  message: 'Weir is shutting down',
  hint: 'Connect again: another replica, or the next start, will answer.',
};

export const REVOKED: Refusal = {
  code: 'session-revoked',
  message: 'the policy changed, and you may not use this target any more',
};

export const UPSTREAM_LOST: Refusal = {
  code: 'upstream-lost',
  message: 'the database broke off',
  hint: 'Connect again. What was under way may or may not have been done.',
};

export const LOST_PLACE: Refusal = {
  code: 'internal',
  message: 'the session lost its place in the protocol',
};

const REASONS: Partial<Record<Refusal['code'], CloseReason>> = {
  'idle-timeout': 'idle-timeout',
  'shutting-down': 'shutting-down',
  'session-revoked': 'session-revoked',
  'protocol-violation': 'protocol-violation',
  'upstream-lost': 'database-closed',
};

/** The reason that the event of a session gives which ended with this refusal. */
export function closeReason({ code }: Refusal): CloseReason {
  return REASONS[code] ?? 'internal';
}

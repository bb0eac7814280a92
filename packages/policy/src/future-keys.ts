import type { Path } from './problem.ts';

/**
 * Settings of features that this version does not have, by the map that they would stand in. Taking
 * one in silence would promise a protection that is not there.
 */
const FUTURE: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    '',
    new Set(['classifications', 'masking', 'guardrails', 'approvals', 'audit', 'console', 'mcp']),
  ],
  ['access.*', new Set(['when', 'limits', 'effects', 'unless'])],
  ['targets.*', new Set(['listen'])],
]);

/** Whether a key belongs to a feature that only later versions have. */
export function isFutureKey(parent: Path, key: string): boolean {
  const [top, ...rest] = parent;
  const where = [top, ...rest.map(() => '*')].join('.');
  return FUTURE.get(where)?.has(key) ?? false;
}

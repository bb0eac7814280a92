/** How much of everything a run does. */
import type { QueryMode } from './pgbench.ts';

export interface Plan {
  readonly name: 'full' | 'quick';
  readonly rounds: number;
  readonly modes: readonly QueryMode[];
  readonly clients: readonly number[];
  /** Seconds of one pgbench run. */
  readonly selectSeconds: number;
  /** How often a large result is read within one measurement. */
  readonly bulkTimes: number;
  /** Bytes of the single large value. */
  readonly valueBytes: number;
  readonly slowRead: { readonly bytes: number; readonly bytesPerSecond: number };
  readonly idleSessions: number;
}

const MEGABYTE = 1_000_000;

export const FULL: Plan = {
  name: 'full',
  rounds: 3,
  modes: ['simple', 'prepared'],
  clients: [1, 8, 32],
  selectSeconds: 3,
  bulkTimes: 3,
  valueBytes: 200 * MEGABYTE,
  slowRead: { bytes: 1000 * MEGABYTE, bytesPerSecond: 50 * MEGABYTE },
  idleSessions: 2000,
};

/** Enough to see that something got much worse; too little to publish. */
export const QUICK: Plan = {
  name: 'quick',
  rounds: 1,
  modes: ['simple', 'prepared'],
  clients: [1, 8],
  selectSeconds: 1,
  bulkTimes: 1,
  valueBytes: 50 * MEGABYTE,
  slowRead: { bytes: 50 * MEGABYTE, bytesPerSecond: 50 * MEGABYTE },
  idleSessions: 200,
};

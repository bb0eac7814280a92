import type { PostgresVersion } from '@weir/testkit';
import type { Connection } from './connection.ts';

/** A server that the run's tests share, or why there is none. */
export type SharedServer =
  | {
      readonly available: true;
      readonly direct: Connection;
      /** The same server through Weir; absent in a run that compares direct connections. */
      readonly weir?: Connection;
    }
  | { readonly available: false; readonly reason: string };

/** Everything that is started once for a whole test run. */
export interface SharedServices {
  readonly postgres: Readonly<Record<PostgresVersion, SharedServer>>;
}

/** Whether this run compares direct connections instead of testing Weir. */
export function isDirectRun(): boolean {
  return process.env['WEIR_E2E'] === 'direct';
}

/** The variable in which the run's setup leaves the shared services, as JSON, for its tests. */
const SERVICES_VARIABLE = 'WEIR_E2E_SERVICES';

/** The services that the run's setup started. */
export function sharedServices(): SharedServices {
  const text = process.env[SERVICES_VARIABLE];
  if (text === undefined) throw new Error('the global setup of the e2e project did not run');
  return JSON.parse(text);
}

import type { PostgresVersion } from '@weir/testkit';
import type { Connection } from './connection.ts';
import { isDirectRun, sharedServices } from './services.ts';

/** Where a suite's clients connect to: a server itself, or Weir in front of it. */
export type Scene =
  | { readonly available: true; readonly name: string; readonly connection: Connection }
  | { readonly available: false; readonly name: string; readonly reason: string };

/** The scene for a version of Postgres: through Weir, or direct where `WEIR_E2E=direct` asks so. */
export function sceneOf(version: PostgresVersion): Scene {
  const server = sharedServices().postgres[version];
  const name = isDirectRun() ? `postgres ${version}, direct` : `Weir to postgres ${version}`;
  if (!server.available) return { available: false, name, reason: server.reason };
  const connection = isDirectRun() ? server.direct : server.weir;
  if (connection === undefined) throw new Error('the run has no Weir');
  return { available: true, name, connection };
}

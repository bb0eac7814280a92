import type { PostgresVersion } from '@weir/testkit';
import type { Connection } from './connection.ts';
import { sharedServices } from './services.ts';

/** Where a suite's clients connect to: a server itself, or Weir in front of it. */
export type Scene =
  | { readonly available: true; readonly name: string; readonly connection: Connection }
  | { readonly available: false; readonly name: string; readonly reason: string };

/** The scene for a version of Postgres, as `WEIR_E2E` chooses. */
export function sceneOf(version: PostgresVersion): Scene {
  return directScene(version);
}

/** A client talks to the server itself: what Weir must not change is measured against this. */
function directScene(version: PostgresVersion): Scene {
  const server = sharedServices().postgres[version];
  const name = `postgres ${version}, direct`;
  if (!server.available) return { available: false, name, reason: server.reason };
  return { available: true, name, connection: server.direct };
}

import { strictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import postgres, { type Notice, type Sql } from 'postgres';
import type { Check } from '../../src/check-runner.ts';
import { connectionFromEnvironment } from '../../src/connection.ts';

const connection = connectionFromEnvironment();
const ssl = { ca: readFileSync(connection.caFile, 'utf8') };

/** Notices that arrived, in order. */
export const notices: Notice[] = [];

/** A client with one connection, made when it is first used. */
export function connect(): Sql {
  const { host, port, user, password, database } = connection;
  const onnotice = (notice: Notice) => notices.push(notice);
  return postgres({ host, port, user, password, database, ssl, max: 1, onnotice });
}

const shared = connect();

/** A check on the connection that all checks share; the same one must be usable afterwards. */
export function onShared(check: (sql: Sql) => Promise<string>): Check {
  return async () => {
    const [before] = await shared`select pg_backend_pid() as pid`;
    const seen = await check(shared);
    const [after] = await shared`select pg_backend_pid() as pid, 42 as answer`;
    strictEqual(after?.['answer'], 42);
    strictEqual(after?.['pid'], before?.['pid'], 'the connection was replaced');
    return seen;
  };
}

/** Ends the shared connection. */
export async function disconnect(): Promise<void> {
  await shared.end({ timeout: 5 });
}

import { deepStrictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Client, type ClientConfig } from 'pg';
import type { Check } from '../../src/check-runner.ts';
import { connectionFromEnvironment } from '../../src/connection.ts';

const connection = connectionFromEnvironment();
const ssl = { ca: readFileSync(connection.caFile, 'utf8') };

/** A client that is connected. */
export async function connect(
  options: ClientConfig & { readonly pipeline?: boolean } = {},
): Promise<Client> {
  const { host, port, user, password, database } = connection;
  const client = new Client({ host, port, user, password, database, ssl, ...options });
  await client.connect();
  return client;
}

let shared: Client | undefined;

/**
 * A check on the connection that all checks share; it must be usable, and idle, afterwards. When it
 * is not, the next check gets a connection of its own.
 */
export function onShared(check: (client: Client) => Promise<string>): Check {
  return async () => {
    const client = shared ?? (await connect());
    shared = client;
    try {
      const seen = await check(client);
      const { rows } = await client.query('select 42 as answer');
      deepStrictEqual([rows, client.getTransactionStatus()], [[{ answer: 42 }], 'I']);
      return seen;
    } catch (error) {
      await disconnect();
      throw error;
    }
  };
}

/** Ends the shared connection. */
export async function disconnect(): Promise<void> {
  await shared?.end();
  shared = undefined;
}

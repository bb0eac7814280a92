import { Client } from 'pg';
import type { PostgresAddress, PostgresRow } from './postgres-server.ts';

/** The connection string of an address. */
export function urlOf(address: PostgresAddress): string {
  const { user, password, host, port, database } = address;
  const [u, p, d] = [user, password, database].map(encodeURIComponent);
  return `postgres://${u}:${p}@${host}:${port}/${d}`;
}

/** Runs one statement on a connection of its own, encrypted when an authority is given. */
export async function queryOnce(
  address: PostgresAddress,
  ca: string | undefined,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly PostgresRow[]> {
  const { host, port, user, password, database } = address;
  const ssl = ca === undefined ? false : { ca };
  const client = new Client({ host, port, user, password, database, ssl });
  await client.connect();
  try {
    const result = await client.query<PostgresRow>(text, [...values]);
    return result.rows;
  } finally {
    await client.end();
  }
}

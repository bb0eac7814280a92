/** Large results: many rows, and one value too large to hold comfortably. */
import type { Certificates } from '@weir/testkit';
import type { RunningPeer } from './peer.ts';
import { cpuMicros } from './process-cost.ts';
import { openSession, type Received } from './wire-client.ts';

export interface BulkQuery {
  readonly name: string;
  readonly sql: string;
  /** What must arrive: a peer that loses data is not fast. */
  readonly rows: number;
  readonly leastBytes: number;
}

const MEGABYTE = 1_000_000;

export const MILLION_ROWS: BulkQuery = {
  name: '1,000,000 rows',
  sql: 'SELECT * FROM pgbench_accounts',
  rows: 1_000_000,
  leastBytes: 100 * MEGABYTE,
};

/** One row with one value; PostgreSQL takes less than 1 GB for a field. */
export function singleValue(bytes: number): BulkQuery {
  return {
    name: `one value of ${bytes / MEGABYTE} MB`,
    sql: `SELECT repeat('x', ${bytes})`,
    rows: 1,
    leastBytes: bytes,
  };
}

interface BulkResult {
  readonly megabytesPerSecond: number;
  /** Processor time of the peer's process for a megabyte; absent for the direct connection. */
  readonly cpuMicrosPerMegabyte?: number;
}

/** Runs the query `times` times in one session and takes the mean: ticks are 10 ms. */
export async function runBulk(
  peer: RunningPeer,
  certificates: Certificates,
  query: BulkQuery,
  times: number,
): Promise<BulkResult> {
  const session = await openSession(peer.address, certificates);
  const cpuBefore = peer.pid === undefined ? 0 : cpuMicros(peer.pid);
  const started = performance.now();
  let bytes = 0;
  for (let run = 0; run < times; run += 1) {
    const received = await session.query(query.sql);
    checkComplete(query, received);
    bytes += received.bytes;
  }
  const seconds = (performance.now() - started) / 1000;
  const megabytes = bytes / MEGABYTE;
  const cpu = peer.pid === undefined ? undefined : cpuMicros(peer.pid) - cpuBefore;
  session.end();
  return {
    megabytesPerSecond: megabytes / seconds,
    ...(cpu !== undefined && { cpuMicrosPerMegabyte: cpu / megabytes }),
  };
}

function checkComplete(query: BulkQuery, { rows, bytes }: Received): void {
  if (rows !== query.rows || bytes < query.leastBytes)
    throw new Error(`${query.name}: only ${rows} rows and ${bytes} bytes came`);
}

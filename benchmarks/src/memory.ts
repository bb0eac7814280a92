/** Memory: what a slow reader makes a proxy hold, and what a session costs that does nothing. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Certificates } from '@weir/testkit';
import type { RunningPeer } from './peer.ts';
import { residentBytes } from './process-cost.ts';
import { openSession, type WireSession } from './wire-client.ts';

const SAMPLE_MS = 50;
const ROW_BYTES = 1000;
/** Sessions that are being opened at once. */
const OPENING = 20;
/** Memory counts as settled once it moved by less than this share within one pause. */
const SETTLED_SHARE = 0.01;
const SETTLE_PAUSE_MS = 500;
const SETTLE_PAUSES = 20;

interface SlowRead {
  readonly bytes: number;
  readonly bytesPerSecond: number;
}

/** Peak growth of resident memory, in bytes, while a client reads slowly what comes fast. */
export async function measureSlowReader(
  peer: RunningPeer & { readonly pid: number },
  certificates: Certificates,
  read: SlowRead,
): Promise<number> {
  const session = await openSession(peer.address, certificates);
  await session.query('SELECT 1');
  const before = await settledMemory(peer.pid);
  let peak = before;
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentBytes(peer.pid));
  }, SAMPLE_MS);
  const rows = Math.ceil(read.bytes / ROW_BYTES);
  const sql = `SELECT repeat('x', ${ROW_BYTES}) FROM generate_series(1, ${rows})`;
  try {
    const received = await session.query(sql, read.bytesPerSecond);
    if (received.rows !== rows)
      throw new Error(`slow reader: ${received.rows} of ${rows} rows came`);
  } finally {
    clearInterval(sampling);
    session.end();
  }
  return peak - before;
}

/** Bytes of resident memory for each session that has run one statement and now idles. */
export async function measureIdleSessions(
  peer: RunningPeer & { readonly pid: number },
  certificates: Certificates,
  sessions: number,
): Promise<number> {
  const open: WireSession[] = [];
  const openOne = async () => {
    const session = await openSession(peer.address, certificates);
    open.push(session);
    await session.query('SELECT 1');
  };
  try {
    await openOne();
    const before = await settledMemory(peer.pid);
    while (open.length <= sessions) {
      const batch = Math.min(OPENING, sessions + 1 - open.length);
      await Promise.all(Array.from({ length: batch }, openOne));
    }
    return ((await settledMemory(peer.pid)) - before) / sessions;
  } finally {
    for (const session of open) session.end();
  }
}

async function settledMemory(pid: number): Promise<number> {
  let last = residentBytes(pid);
  for (let pause = 0; pause < SETTLE_PAUSES; pause += 1) {
    await delay(SETTLE_PAUSE_MS);
    const now = residentBytes(pid);
    if (Math.abs(now - last) < last * SETTLED_SHARE) return now;
    last = now;
  }
  return last;
}

import { Buffer } from 'node:buffer';
import { encodeFrontend, FLUSH, SYNC } from '../protocol/frontend-encode.ts';
import { Frontend } from '../protocol/messages.ts';
import type { OutstandingReckoning } from './outstanding.ts';
import { makeName, type RandomBytes } from './withheld.ts';

/**
 * Finds out what became of a copy from the client, where its answers alone do not show it. While the
 * copy stands the database ignores a Sync, and any other message but Flush ends copy and connection;
 * once it has failed both are read as ever (CopyGetData in src/backend/commands/copyfromparse.c). So
 * Weir asks with messages of its own: a Sync, a Close of what nobody has made, and a Flush.
 *
 * A copy that stands ends by them, as it would have by the message that waits. After a failed one comes
 * a ReadyForQuery for each of the client's Syncs that was read behind the failure, then our own, which
 * the client does not get, and CloseComplete.
 */

/** The Close: 'C' int32 length, byte 'P', cstring name. */
export function makeReckoning(random: RandomBytes): Buffer {
  const close = encodeFrontend(Frontend.Close, `P${makeName('reckons', random)}\0`);
  return Buffer.concat([SYNC, close, FLUSH]);
}

/** Counts a ReadyForQuery; false when there are more than there were Syncs. */
export function countReady(reckoning: OutstandingReckoning): boolean {
  reckoning.ready += 1;
  return reckoning.ready <= reckoning.syncs + 1;
}

/**
 * Whether the client gets this ReadyForQuery. The last one is ours, but they are all alike, since
 * nothing runs in between: the first is kept, and each later one passes for the one before it.
 */
export function isForClient(reckoning: OutstandingReckoning): boolean {
  return reckoning.ready > 1;
}

/** Whether the database still skipped, when our own Sync came, what the client had sent. */
export function wasSkipping(reckoning: OutstandingReckoning): boolean {
  return reckoning.mayBeSkipping && reckoning.ready === 1;
}

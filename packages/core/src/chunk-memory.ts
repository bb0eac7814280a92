/**
 * Where the bytes of a read stand, and when their memory goes. Left to the runtime, every read takes a
 * new buffer of 64 KiB however little comes, and the collector goes through the whole heap every few
 * megabytes.
 */

/** Memory below this is taken from a pool, and left to the garbage collector. */
const OWN_BYTES = 16_384;

/** The largest read. Beyond it, large results get no cheaper. */
const READ_BYTES = 131_072;

/** What every outgoing connection is read into; it holds one chunk, until that is copied out. */
export const READ_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES);

/** The first `length` bytes of the read buffer, in memory of their own. */
export function copyRead(length: number): Buffer {
  const chunk = length < OWN_BYTES ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length);
  READ_BUFFER.copy(chunk, 0, 0, length);
  return chunk;
}

/** Whether these bytes are a whole chunk that is worth freeing. */
export function isOwnMemory(bytes: Uint8Array): boolean {
  return bytes.byteLength >= OWN_BYTES && bytes.byteLength === bytes.buffer.byteLength;
}

/**
 * Gives a chunk's memory back as soon as it has left. Only what was written whole may be freed: nothing
 * else refers to such a chunk, for whatever keeps bytes keeps a part of them back.
 */
export function freeMemory({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

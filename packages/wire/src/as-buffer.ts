import { Buffer } from 'node:buffer';

/** The same bytes as a Buffer, without a copy. Sockets already hand out Buffers. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

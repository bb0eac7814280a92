import { Buffer } from 'node:buffer';
import { Frontend, HEADER_BYTES, LENGTH_BYTES } from './messages.ts';

/**
 * Writes the messages that Weir sends to the database by itself.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

/** A message of this type around its body; text is one byte a character. */
export function encodeFrontend(type: number, ...body: readonly (string | Buffer)[]): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  const parts = body.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
  const message = Buffer.concat([head, ...parts]);
  message[0] = type;
  message.writeInt32BE(message.length - HEADER_BYTES + LENGTH_BYTES, 1);
  return message;
}

export const SYNC = encodeFrontend(Frontend.Sync);
export const FLUSH = encodeFrontend(Frontend.Flush);

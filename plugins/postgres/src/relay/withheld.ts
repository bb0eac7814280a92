import { Buffer } from 'node:buffer';
import { Frontend, HEADER_BYTES, LENGTH_BYTES } from '../protocol/messages.ts';

/**
 * What the database gets in place of a message that Weir denies: one that it must answer with an
 * error. The database itself then does what it does on any error: it fails the transaction, skips the
 * rest of the string or batch, and reports the right status. Weir replaces only the error's text.
 *
 * The names are random for each denial, so that no client can make them exist.
 */

const NAME_BYTES = 12;

export type RandomBytes = (length: number) => Uint8Array;

/** A name that nobody can have made, and that tells in the database's log what it was for. */
export function makeName(purpose: 'denied' | 'asks' | 'reckons', random: RandomBytes): string {
  return `weir_${purpose}_${Buffer.from(random(NAME_BYTES)).toString('hex')}`;
}

/** In place of a step of the extended protocol: an Execute of a portal that does not exist. */
export function makeFailingExecute(random: RandomBytes): Buffer {
  const name = Buffer.from(`${makeName('denied', random)}\0`, 'latin1');
  const message = Buffer.alloc(HEADER_BYTES + name.length + 4);
  message[0] = Frontend.Execute;
  message.writeInt32BE(message.length - 1, 1);
  name.copy(message, HEADER_BYTES);
  return message;
}

/**
 * In place of a Parse of the unnamed statement: one that does not parse. A Parse drops the unnamed
 * statement before it reads the text, so that the one before does not stay.
 */
export function makeFailingParse(random: RandomBytes): Buffer {
  const text = makeName('denied', random);
  const message = Buffer.alloc(HEADER_BYTES + 1 + text.length + 1 + 2);
  message[0] = Frontend.Parse;
  message.writeInt32BE(message.length - 1, 1);
  message.write(text, HEADER_BYTES + 1, 'latin1');
  return message;
}

/**
 * In place of a query string: what may run of it, then an EXECUTE of a statement that does not exist.
 * It parses, so that what comes before it runs, as it would before a statement that fails.
 */
export function makeFailingQuery(allowed: Buffer, random: RandomBytes): Buffer {
  const failing = Buffer.from(`EXECUTE "${makeName('denied', random)}"\0`, 'latin1');
  const message = Buffer.alloc(HEADER_BYTES + allowed.length + failing.length);
  message[0] = Frontend.Query;
  message.writeInt32BE(LENGTH_BYTES + allowed.length + failing.length, 1);
  allowed.copy(message, HEADER_BYTES);
  failing.copy(message, HEADER_BYTES + allowed.length);
  return message;
}

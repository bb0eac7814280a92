import { Buffer } from 'node:buffer';
import { encodeFrontend } from '../protocol/frontend-encode.ts';
import { Frontend } from '../protocol/messages.ts';

/**
 * What the database gets in place of a message that Weir denies: one that it must answer with an
 * error. The database itself then does what it does on any error: it fails the transaction, skips the
 * rest of the string or batch, and reports the right status. Weir replaces only the error's text.
 *
 * The names are random for each denial, so that no client can make them exist.
 */

const NAME_BYTES = 12;
/** Of an Execute, int32, and of a Parse's parameter types, int16. */
const NO_LIMIT = Buffer.alloc(4);
const NO_PARAMETERS = Buffer.alloc(2);

export type RandomBytes = (length: number) => Uint8Array;

/** A name that nobody can have made, and that tells in the database's log what it was for. */
export function makeName(purpose: 'denied' | 'asks' | 'reckons', random: RandomBytes): string {
  return `weir_${purpose}_${Buffer.from(random(NAME_BYTES)).toString('hex')}`;
}

/** In place of a step of the extended protocol: an Execute of a portal that does not exist. */
export function makeFailingExecute(random: RandomBytes): Buffer {
  return encodeFrontend(Frontend.Execute, `${makeName('denied', random)}\0`, NO_LIMIT);
}

/**
 * In place of a Parse of the unnamed statement: one that does not parse. A Parse drops the unnamed
 * statement before it reads the text, so that the one before does not stay.
 */
export function makeFailingParse(random: RandomBytes): Buffer {
  return encodeFrontend(Frontend.Parse, `\0${makeName('denied', random)}\0`, NO_PARAMETERS);
}

/**
 * In place of a query string: what may run of it, then an EXECUTE of a statement that does not exist.
 * It parses, so that what comes before it runs, as it would before a statement that fails.
 */
export function makeFailingQuery(allowed: Buffer, random: RandomBytes): Buffer {
  return encodeFrontend(Frontend.Query, allowed, `EXECUTE "${makeName('denied', random)}"\0`);
}

import { Buffer } from 'node:buffer';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { DecodeError } from '@weir/contract';

/**
 * The client's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the texts only, no
 * message framing. A server text that is not allowed throws DecodeError.
 */

/** More would keep the process busy for longer than a fifth of a second at a server's word. */
const MOST_ITERATIONS = 1_000_000;

/** `r=` the nonce, `s=` the salt, `i=` the iterations; PostgreSQL sends no extension. */
const SERVER_FIRST = /^r=([\x21-\x2b\x2d-\x7e]+),s=([0-9A-Za-z+/]+={0,2}),i=([1-9][0-9]{0,9})$/;
const SERVER_FINAL = /^v=([0-9A-Za-z+/]+={0,2})$/;

/** How the exchange is bound to the TLS connection under it (RFC 5802 §6). */
export type ChannelBinding =
  /** Bound to the server's certificate. */
  | { readonly flag: 'p'; readonly endpoint: Uint8Array }
  /** We could, but the server does not offer it. */
  | { readonly flag: 'y' }
  /** We cannot. */
  | { readonly flag: 'n' };

interface ScramOptions {
  /** PostgreSQL takes the user from the startup message and wants an empty name here. */
  readonly user: string;
  /** Already prepared. */
  readonly password: string;
  /** Random printable ASCII without a comma. */
  readonly nonce: string;
  readonly binding: ChannelBinding;
  readonly deriveSalted: (password: string, salt: Uint8Array, iterations: number) => Uint8Array;
}

/** One exchange: `first`, then `answer`, then `verify`. */
export class ScramExchange {
  readonly #options: ScramOptions;
  readonly #header: string;
  readonly #bare: string;
  #serverSignature: Buffer | undefined;

  constructor(options: ScramOptions) {
    this.#options = options;
    this.#header = headerOf(options.binding);
    this.#bare = `n=${options.user},r=${options.nonce}`;
  }

  /** client-first-message */
  first(): string {
    return this.#header + this.#bare;
  }

  /** client-final-message, which proves that we know the password. */
  answer(serverFirst: string): string {
    const { nonce, salt, iterations } = parseServerFirst(serverFirst, this.#options.nonce);
    const salted = this.#options.deriveSalted(this.#options.password, salt, iterations);
    const withoutProof = `c=${this.#bindingInput().toString('base64')},r=${nonce}`;
    const authMessage = `${this.#bare},${serverFirst},${withoutProof}`;
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(sha256(clientKey), authMessage);
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage);
    return `${withoutProof},p=${xor(clientKey, signature).toString('base64')}`;
  }

  /** Whether the server-final-message proves that the server knows the password, too. */
  verify(serverFinal: string): boolean {
    const expected = this.#serverSignature;
    const match = SERVER_FINAL.exec(serverFinal);
    if (expected === undefined || match?.[1] === undefined) return false;
    const given = Buffer.from(match[1], 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #bindingInput(): Buffer {
    const { binding } = this.#options;
    const header = Buffer.from(this.#header);
    return binding.flag === 'p' ? Buffer.concat([header, binding.endpoint]) : header;
  }
}

function headerOf(binding: ChannelBinding): string {
  return binding.flag === 'p' ? 'p=tls-server-end-point,,' : `${binding.flag},,`;
}

interface ServerFirst {
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

function parseServerFirst(text: string, ownNonce: string): ServerFirst {
  const [, nonce, salt, count] = SERVER_FIRST.exec(text) ?? [];
  if (nonce === undefined || salt === undefined || count === undefined) {
    throw new DecodeError('malformed SCRAM server-first-message');
  }
  if (!nonce.startsWith(ownNonce) || nonce.length === ownNonce.length) {
    throw new DecodeError('the SCRAM nonce of the database does not extend ours');
  }
  const iterations = Number(count);
  if (iterations > MOST_ITERATIONS) throw new DecodeError('SCRAM iteration count out of range');
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations };
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, at) => byte ^ right.readUInt8(at)));
}

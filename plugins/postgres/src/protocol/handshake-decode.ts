import type { Buffer } from 'node:buffer';
import { type CancelKey, DecodeError } from '@weir/contract';
import { decodeUtf8, FieldReader } from './field-reader.ts';
import { STATUS_IDLE } from './messages.ts';
import type { StartupParameter } from './startup.ts';

/**
 * Decodes the bodies of the messages that a database sends until it is ready. What it does not allow
 * throws DecodeError. It answers nothing.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

/** One Authentication message. */
export type AuthenticationRequest =
  | { readonly kind: 'ok' }
  | { readonly kind: 'cleartext' }
  | { readonly kind: 'md5'; readonly salt: Buffer }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue'; readonly text: string }
  | { readonly kind: 'sasl-final'; readonly text: string }
  | { readonly kind: 'unsupported'; readonly name: string };

/** Methods that need more than a password. */
const UNSUPPORTED: Readonly<Record<number, string>> = {
  2: 'Kerberos V5',
  7: 'GSSAPI',
  9: 'SSPI',
};

const SHORTEST_SECRET = 4;
const LONGEST_SECRET = 256;
const MAJOR = 3;

/** Reads an Authentication message. */
export function decodeAuthentication(body: Buffer): AuthenticationRequest {
  const reader = new FieldReader(body);
  const request = decodeRequest(reader);
  reader.end();
  return request;
}

function decodeRequest(reader: FieldReader): AuthenticationRequest {
  const code = reader.int32();
  switch (code) {
    case 0:
      return { kind: 'ok' };
    case 3:
      return { kind: 'cleartext' };
    case 5:
      return { kind: 'md5', salt: reader.bytes(4) };
    case 10:
      return { kind: 'sasl', mechanisms: decodeMechanisms(reader) };
    case 11:
      return { kind: 'sasl-continue', text: decodeUtf8(reader.rest()) };
    case 12:
      return { kind: 'sasl-final', text: decodeUtf8(reader.rest()) };
    default:
      reader.rest();
      return { kind: 'unsupported', name: UNSUPPORTED[code] ?? `method ${code}` };
  }
}

function decodeMechanisms(reader: FieldReader): string[] {
  const mechanisms: string[] = [];
  for (;;) {
    const mechanism = reader.cstring();
    if (mechanism === '') return mechanisms;
    mechanisms.push(mechanism);
  }
}

/**
 * The SQLSTATE of an ErrorResponse; undefined when it names none. Nothing else of it is read: its
 * text speaks of accounts and hosts that are not the client's business.
 */
export function decodeSqlstate(body: Buffer): string | undefined {
  const reader = new FieldReader(body);
  let sqlstate: string | undefined;
  for (let field = reader.byte(); field !== 0; field = reader.byte()) {
    const value = reader.cstringBytes().toString('latin1');
    if (field === 0x43 && /^[0-9A-Z]{5}$/.test(value)) sqlstate = value;
  }
  reader.end();
  return sqlstate;
}

/** A setting's name and value. The value is in an encoding of the database's choice. */
export function decodeParameterStatus(body: Buffer): StartupParameter {
  const reader = new FieldReader(body);
  const name = reader.cstringBytes().toString();
  const value = reader.cstringBytes().toString();
  reader.end();
  return [name, value];
}

/** The key that cancels what the database runs for this connection. */
export function decodeBackendKeyData(body: Buffer): CancelKey {
  const reader = new FieldReader(body);
  const process = reader.int32();
  const secret = reader.rest();
  if (secret.length < SHORTEST_SECRET || secret.length > LONGEST_SECRET) {
    throw new DecodeError('cancel secret length out of range');
  }
  return { process, secret: Uint8Array.from(secret) };
}

/** Asserts that a NegotiateProtocolVersion keeps to protocol 3. */
export function checkNegotiateProtocolVersion(body: Buffer): void {
  const reader = new FieldReader(body);
  if (reader.uint32() >>> 16 !== MAJOR) throw new DecodeError('another protocol version');
  const options = reader.uint32();
  for (let read = 0; read < options; read += 1) reader.cstringBytes();
  reader.end();
}

/** Asserts that the database is ready and idle. */
export function checkFirstReadyForQuery(body: Buffer): void {
  const reader = new FieldReader(body);
  if (reader.byte() !== STATUS_IDLE) throw new DecodeError('a new connection is not idle');
  reader.end();
}

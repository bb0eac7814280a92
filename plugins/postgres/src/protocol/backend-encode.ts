import { Buffer } from 'node:buffer';
import type { CancelKey } from '@weir/contract';
import { Backend, LENGTH_BYTES } from './messages.ts';

/**
 * Encodes the messages that Weir itself says to a client during the handshake, and its errors. It
 * encodes no rows.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

const code = (letter: string): number => letter.charCodeAt(0);

/** Message types that only the handshake knows, sent by the side that plays the server. */
export const HandshakeType = {
  Authentication: code('R'),
  BackendKeyData: code('K'),
  NegotiateProtocolVersion: code('v'),
} as const;

/** One byte that answers SSLRequest or GSSENCRequest. */
export const ACCEPTED = Buffer.from('S');
export const DECLINED = Buffer.from('N');

/** The fields of an ErrorResponse that Weir fills. */
export interface ErrorFields {
  readonly severity: 'ERROR' | 'FATAL';
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

export function encodeAuthenticationOk(): Buffer {
  return encodeMessage(HandshakeType.Authentication, int32(0));
}

export function encodeAuthenticationCleartextPassword(): Buffer {
  return encodeMessage(HandshakeType.Authentication, int32(3));
}

export function encodeBackendKeyData(key: CancelKey): Buffer {
  return encodeMessage(HandshakeType.BackendKeyData, int32(key.process), key.secret);
}

/** `version` is the whole protocol number that will be spoken, as the server of PostgreSQL 18 sends it. */
export function encodeNegotiateProtocolVersion(
  version: number,
  unrecognised: readonly string[],
): Buffer {
  const names = unrecognised.map(cstring);
  return encodeMessage(
    HandshakeType.NegotiateProtocolVersion,
    int32(version),
    int32(names.length),
    ...names,
  );
}

/** ErrorResponse. `S` is the severity as people read it, `V` the same and never translated. */
export function encodeErrorResponse(fields: ErrorFields): Buffer {
  const parts: Buffer[] = [];
  const add = (field: string, value: string | undefined) => {
    if (value !== undefined) parts.push(Buffer.from(field), cstring(value));
  };
  add('S', fields.severity);
  add('V', fields.severity);
  add('C', fields.sqlstate);
  add('M', fields.message);
  add('D', fields.detail);
  add('H', fields.hint);
  return encodeMessage(Backend.ErrorResponse, ...parts, Buffer.alloc(1));
}

/** The form of an error before protocol 3: no length and no fields. */
export function encodeAncientError(message: string, detail: string | undefined): Buffer {
  const rest = detail === undefined ? '' : `DETAIL:  ${detail}\n`;
  return Buffer.concat([Buffer.from('E'), cstring(`FATAL:  ${message}\n${rest}`)]);
}

function encodeMessage(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(type), int32(LENGTH_BYTES + body.length), body]);
}

/** A NUL inside the text would end the field early and forge the next one. */
function cstring(text: string): Buffer {
  return Buffer.from(`${text.replaceAll('\0', '\uFFFD')}\0`);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

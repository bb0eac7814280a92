import { Buffer } from 'node:buffer';

/** Bytes of the protocol, put together by hand, so that tests do not trust the encoders they test. */

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export function cstring(text: string): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.of(0)]);
}

/** A message: type byte, length, body. */
export function message(type: string, ...body: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from(type), packet(...body)]);
}

/** A packet without a type byte. */
export function packet(...body: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(body);
  return Buffer.concat([int32(4 + bytes.length), bytes]);
}

export type Fields = Readonly<Record<string, string>>;

/** A StartupMessage; 196608 is protocol 3.0, 196610 is 3.2. */
export function startup(parameters: Fields, version = 196608): Buffer {
  const fields = Object.entries(parameters).flat().map(cstring);
  return packet(int32(version), ...fields, Buffer.of(0));
}

/** An ErrorResponse or a NoticeResponse. */
export function report(type: 'E' | 'N', fields: Fields): Buffer {
  const parts = Object.entries(fields).flatMap(([key, value]) => [
    Buffer.from(key),
    cstring(value),
  ]);
  return message(type, ...parts, Buffer.of(0));
}

/** The FATAL error that Weir sends. */
export function fatal(code: string, text: string, rest: Fields = {}): Buffer {
  return report('E', { S: 'FATAL', V: 'FATAL', C: code, M: text, ...rest });
}

export function password(text: string): Buffer {
  return message('p', cstring(text));
}

export const SSL_REQUEST = packet(int32(80877103));
export const GSSENC_REQUEST = packet(int32(80877104));
export const ASK_PASSWORD = message('R', int32(3));
export const AUTHENTICATED = message('R', int32(0));
export const READY = message('Z', Buffer.from('I'));

export function cancelRequest(process: number, secret: Uint8Array): Buffer {
  return packet(int32(80877102), int32(process), secret);
}

export function parameterStatus(name: string, value: string): Buffer {
  return message('S', cstring(name), cstring(value));
}

export function backendKey(process: number, secret: Uint8Array): Buffer {
  return message('K', int32(process), secret);
}

/** What a server lists under AuthenticationSASL. */
export function saslMechanisms(...names: readonly string[]): Buffer {
  return message('R', int32(10), ...names.map(cstring), Buffer.of(0));
}

/** What a client sends first in a SASL dialogue. */
export function saslInitial(mechanism: string, text: string): Buffer {
  return message('p', cstring(mechanism), packetless(text));
}

function packetless(text: string): Buffer {
  return Buffer.concat([int32(Buffer.byteLength(text)), Buffer.from(text)]);
}

import { Buffer } from 'node:buffer';
import { type CancelKey, DecodeError } from '@weir/contract';
import { FieldReader } from './field-reader.ts';
import { LENGTH_BYTES } from './messages.ts';

/**
 * The packets that open a connection and have no type byte: StartupMessage, SSLRequest,
 * GSSENCRequest and CancelRequest, in both directions. It judges no parameter.
 * https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-START-UP
 */

/** The server reads four bytes of length and then MAX_STARTUP_PACKET_LENGTH (src/include/libpq/pqcomm.h). */
export const SHORTEST_PACKET = 8;
export const LONGEST_PACKET = 10_000 + LENGTH_BYTES;

const MAJOR = 3;
/** Of major 3 these minors exist; 3.1 never did. */
const NEWEST_MINOR = 2;

const CANCEL_REQUEST = 80877102;
const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;

const LONGEST_CANCEL_SECRET = 256;
const PROTOCOL_OPTION = '_pq_.';

/** A name and its value, as they stand in the packet. */
export type StartupParameter = readonly [name: string, value: string];

/** What a client asks for when it opens a session. */
export interface StartupRequest {
  /** The minor version that both sides will speak. */
  readonly minor: number;
  /** Whether the client must be told: it asked for a version or a protocol option that we do not know. */
  readonly negotiate: boolean;
  /** Protocol options (`_pq_.*`) that we do not know: all of them. */
  readonly unrecognised: readonly string[];
  readonly parameters: readonly StartupParameter[];
}

type FirstPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gssenc' }
  /** Without a key when it has none that a server could have given. */
  | { readonly kind: 'cancel'; readonly key: CancelKey | undefined }
  | { readonly kind: 'startup'; readonly body: Buffer; readonly minor: number }
  | { readonly kind: 'unsupported'; readonly major: number; readonly minor: number };

/** The whole protocol number of a minor version of protocol 3. */
export function protocolNumber(minor: number): number {
  return (MAJOR << 16) | minor;
}

/** What the packet is. `packet` begins behind the length. */
export function decodeFirstPacket(packet: Buffer): FirstPacket {
  const reader = new FieldReader(packet);
  const code = reader.uint32();
  if (code === CANCEL_REQUEST) return { kind: 'cancel', key: decodeCancelKey(reader) };
  if (code === SSL_REQUEST && reader.remaining === 0) return { kind: 'ssl' };
  if (code === GSSENC_REQUEST && reader.remaining === 0) return { kind: 'gssenc' };
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== MAJOR) return { kind: 'unsupported', major, minor };
  return { kind: 'startup', body: reader.rest(), minor };
}

/** The text of the server for a version that it does not speak. */
export function unsupportedVersionText(major: number, minor: number): string {
  return `unsupported frontend protocol ${major}.${minor}: server supports ${MAJOR}.0 to ${MAJOR}.${NEWEST_MINOR}`;
}

/**
 * Whether clients of this major version read errors in the form before protocol 3. Version 0 is no
 * client's; the server answers it in the present form.
 */
export function readsAncientErrors(major: number): boolean {
  return major > 0 && major < MAJOR;
}

/**
 * Reads the parameters of a StartupMessage. Stricter than the server, which lets the last of two
 * equal names win and takes any bytes: what can be read in two ways throws DecodeError.
 */
export function decodeStartup(body: Buffer, askedMinor: number): StartupRequest {
  const reader = new FieldReader(body);
  const parameters: StartupParameter[] = [];
  const unrecognised: string[] = [];
  const seen = new Set<string>();
  for (;;) {
    const name = reader.cstring();
    if (name === '') break;
    const value = reader.cstring();
    checkCharacters(name, value);
    if (seen.has(name.toLowerCase())) throw new DecodeError('startup parameter given twice');
    seen.add(name.toLowerCase());
    if (name.startsWith(PROTOCOL_OPTION)) unrecognised.push(name);
    else parameters.push([name, value]);
  }
  reader.end();
  const minor = spokenMinor(askedMinor);
  return {
    minor,
    negotiate: minor !== askedMinor || unrecognised.length > 0,
    unrecognised,
    parameters,
  };
}

/** The value of the parameter of this name, in the case in which it stands. */
export function parameterValue(
  parameters: readonly StartupParameter[],
  name: string,
): string | undefined {
  return parameters.find(([key]) => key === name)?.[1];
}

/** A StartupMessage of protocol 3.0. */
export function encodeStartup(parameters: readonly StartupParameter[]): Buffer {
  const fields = parameters.flatMap(([name, value]) => [cstring(name), cstring(value)]);
  return encodePacket(protocolNumber(0), ...fields, Buffer.alloc(1));
}

export function encodeCancelRequest(key: CancelKey): Buffer {
  const process = Buffer.alloc(4);
  process.writeInt32BE(key.process);
  return encodePacket(CANCEL_REQUEST, process, key.secret);
}

/**
 * The newest minor that we speak and that is not above the one asked for. PostgreSQL 18 takes 3.1
 * without a word; as that version never existed and later servers reject it, we answer with 3.0.
 */
function spokenMinor(asked: number): number {
  if (asked >= NEWEST_MINOR) return NEWEST_MINOR;
  return 0;
}

function decodeCancelKey(reader: FieldReader): CancelKey | undefined {
  if (reader.remaining < 5 || reader.remaining > 4 + LONGEST_CANCEL_SECRET) return undefined;
  return { process: reader.int32(), secret: Uint8Array.from(reader.rest()) };
}

/** Control characters have no use here; only `options`, which is split at white space, may hold some. */
function checkCharacters(name: string, value: string): void {
  const visible = name === 'options' ? value.replace(/[\t-\r]/g, ' ') : value;
  if (/\p{Cc}/u.test(name) || /\p{Cc}/u.test(visible)) {
    throw new DecodeError('control character in a startup parameter');
  }
}

function cstring(text: string): Buffer {
  if (text.includes('\0')) throw new DecodeError('NUL in a startup parameter');
  return Buffer.from(`${text}\0`);
}

function encodePacket(code: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(SHORTEST_PACKET);
  head.writeUInt32BE(head.length + body.length, 0);
  head.writeUInt32BE(code, LENGTH_BYTES);
  return Buffer.concat([head, body]);
}

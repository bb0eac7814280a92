import type { Buffer } from 'node:buffer';
import { DecodeError } from '@weir/contract';
import { asBuffer } from '@weir/wire';

/** Without `ignoreBOM` a byte order mark would vanish, and two different names would read the same. */
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the fields of one message, in order. Every read is checked; a bad one throws DecodeError. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.bytes(1).readUInt8(0);
  }

  int32(): number {
    return this.bytes(4).readInt32BE(0);
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE(0);
  }

  bytes(count: number): Buffer {
    if (count > this.remaining) throw new DecodeError('message ends inside a field');
    const start = this.#at;
    this.#at += count;
    return this.#bytes.subarray(start, this.#at);
  }

  /** The bytes up to the next NUL, which is read, too, but not returned. */
  cstringBytes(): Buffer {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new DecodeError('string without its final NUL');
    const start = this.#at;
    this.#at = end + 1;
    return this.#bytes.subarray(start, end);
  }

  /** A NUL-terminated string that must be UTF-8. */
  cstring(): string {
    return decodeUtf8(this.cstringBytes());
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  /** Asserts that the message ends here. */
  end(): void {
    if (this.remaining > 0) throw new DecodeError('message has trailing bytes');
  }
}

/** Text of bytes that must be UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return STRICT_UTF8.decode(bytes);
  } catch {
    throw new DecodeError('text is not UTF-8');
  }
}

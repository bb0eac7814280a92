import { Buffer } from 'node:buffer';
import { DecodeError } from '@weir/contract';
import { asBuffer } from '@weir/wire';
import { HEADER_BYTES, LENGTH_BYTES } from './messages.ts';

/** A message of the handshake; `body` is what stands behind the length. */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Buffer;
  /** The whole message, header included. */
  readonly wire: Buffer;
}

const NOTHING = Buffer.alloc(0);
const SMALLEST_STORE = 256;

/**
 * Cuts the few small messages of a handshake out of the chunks they come in. The length is checked
 * before anything is kept, so that no more than one message of the given limit is ever buffered, and what is kept lies in one
 * piece, however small the chunks are.
 */
export class HandshakeStream {
  #unread: Buffer = NOTHING;
  #store: Buffer = NOTHING;
  #stored = 0;
  #need = 0;

  push(chunk: Uint8Array): void {
    if (this.#stored === 0) {
      this.#unread = asBuffer(chunk);
      return;
    }
    this.#keep(chunk);
    if (this.#stored < this.#need) return;
    this.#unread = this.#store.subarray(0, this.#stored);
    this.#store = NOTHING;
    this.#stored = 0;
  }

  /** The next packet without a type byte, as a startup packet is: what stands behind its length. */
  packet(shortest: number, longest: number): Buffer | undefined {
    return this.#next(0, shortest, longest)?.subarray(LENGTH_BYTES);
  }

  /** The next message with a type byte. `longest` counts the length field, as the field itself does. */
  message(longest: number): HandshakeMessage | undefined {
    const wire = this.#next(HEADER_BYTES - LENGTH_BYTES, LENGTH_BYTES, longest);
    if (wire === undefined) return undefined;
    return { type: wire.readUInt8(0), body: wire.subarray(HEADER_BYTES), wire };
  }

  /** Takes the bytes behind the last message that was read. */
  takeUnread(): Buffer {
    const unread = this.#unread;
    this.#unread = NOTHING;
    return unread;
  }

  #next(typeBytes: number, shortest: number, longest: number): Buffer | undefined {
    const header = typeBytes + LENGTH_BYTES;
    if (this.#unread.length < header) return this.#wait(header);
    const length = this.#unread.readUInt32BE(typeBytes);
    if (length < shortest || length > longest) throw new DecodeError('message length out of range');
    const total = typeBytes + length;
    if (this.#unread.length < total) return this.#wait(total);
    const wire = this.#unread.subarray(0, total);
    this.#unread = this.#unread.subarray(total);
    return wire;
  }

  #wait(need: number): undefined {
    this.#need = need;
    this.#keep(this.#unread);
    this.#unread = NOTHING;
    return undefined;
  }

  #keep(bytes: Uint8Array): void {
    const size = this.#stored + bytes.length;
    if (size > this.#store.length) {
      const larger = Buffer.alloc(Math.max(SMALLEST_STORE, 2 * size));
      this.#store.copy(larger, 0, 0, this.#stored);
      this.#store = larger;
    }
    this.#store.set(bytes, this.#stored);
    this.#stored = size;
  }
}

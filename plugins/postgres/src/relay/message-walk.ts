import type { Buffer } from 'node:buffer';
import { Assembly, asBuffer } from '@weir/wire';
import { HEADER_BYTES } from '../protocol/messages.ts';

/**
 * Cuts one direction of the byte stream into messages. What passes unchanged leaves as one slice of
 * the chunk it came in; a message is only waited for as far as its reader needs it, so a message of
 * any length streams through.
 */

/** What becomes of a message: it passes, it waits (with everything behind it), or it is replaced. */
export type Fate = typeof PASS | typeof WAIT | typeof STOP | Buffer;
export const PASS = 0;
export const WAIT = 1;
/** The stream is broken; nothing more is read from it. */
export const STOP = 2;

/** What one direction does with its messages. */
export interface MessageReader {
  /** Bytes, type and length included, that `message` needs; 0 refuses the message. */
  wanted(type: number, total: number): number;
  /** `bytes` holds at least what was wanted from `at` on. */
  message(type: number, bytes: Buffer, at: number, total: number): Fate;
  /** Whether messages of this type that follow one that passed pass, too, without being read. */
  passesOn(type: number): boolean;
  /** `bytes.subarray(at, end)` passes; `begun` messages of this type begin in it. */
  passed(type: number, bytes: Buffer, at: number, end: number, begun: number): void;
  /** All that can be read of this chunk has been read and forwarded. */
  chunkRead(bytes: Buffer): void;
  forward(bytes: Buffer): void;
}

export class MessageWalk {
  readonly #reader: MessageReader;
  readonly #assembly = new Assembly();
  /** Bytes of the current message that are still to come, and whether they are dropped. */
  #left = 0;
  #dropping = false;
  #type = 0;
  /** Bytes that the message at the front of the assembly needs. */
  #kept = 0;
  #parked: Buffer[] = [];
  #waiting = false;
  #stopped = false;

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  /** Whether what was forwarded so far ends with a whole message. */
  get atBoundary(): boolean {
    return this.#left === 0 || this.#dropping;
  }

  /** Whether no part of a message is kept or under way. */
  get idle(): boolean {
    return this.#left === 0 && this.#assembly.size === 0 && !this.#waiting;
  }

  /** Whether a message waits, with everything behind it. */
  get waiting(): boolean {
    return this.#waiting;
  }

  receive(chunk: Uint8Array): void {
    if (this.#stopped) return;
    if (this.#waiting) {
      this.#parked.push(asBuffer(chunk));
      return;
    }
    const bytes = this.#assembly.add(chunk);
    if (bytes !== undefined) this.#walk(bytes);
  }

  /** Goes on with the message that waited, then with what came after it. */
  resume(): void {
    const parked = this.#parked;
    this.#parked = [];
    this.#waiting = false;
    for (const chunk of parked) this.receive(chunk);
  }

  stop(): void {
    this.#stopped = true;
    this.#parked = [];
  }

  #walk(bytes: Buffer): void {
    const begun = this.#continue(bytes);
    let at = begun;
    let from = this.#dropping ? begun : 0;
    while (at < bytes.length && !this.#stopped) {
      const wanted = this.#wanted(bytes, at);
      if (wanted === 0) break;
      if (bytes.length - at < wanted) {
        this.#kept = wanted;
        break;
      }
      const type = bytes[at] as number;
      const total = bytes.readInt32BE(at + 1) + 1;
      const fate = this.#reader.message(type, bytes, at, total);
      if (fate === STOP || fate === WAIT) {
        if (fate === STOP) this.#stopped = true;
        else this.#waiting = true;
        break;
      }
      let end = Math.min(at + total, bytes.length);
      this.#type = type;
      this.#left = at + total - end;
      this.#dropping = fate !== PASS;
      if (fate === PASS) {
        if (this.#left === 0 && this.#reader.passesOn(type)) end = this.#passAlike(bytes, at, end);
        else this.#reader.passed(type, bytes, at, end, 1);
      } else {
        this.#forward(bytes, from, at);
        if (fate.length > 0) this.#reader.forward(fate);
        from = end;
      }
      at = end;
    }
    this.#forward(bytes, from, at);
    if (at < bytes.length) this.#keepRest(bytes.subarray(at));
    this.#reader.chunkRead(bytes);
  }

  /** Passes a message together with the whole ones of its type behind it. Most bytes go this way. */
  #passAlike(bytes: Buffer, at: number, firstEnd: number): number {
    const type = bytes[at] as number;
    const last = bytes.length - HEADER_BYTES;
    let end = firstEnd;
    let begun = 1;
    while (end <= last && bytes[end] === type) {
      const total = bytes.readInt32BE(end + 1) + 1;
      if (total < HEADER_BYTES || end + total > bytes.length) break;
      end += total;
      begun += 1;
    }
    this.#reader.passed(type, bytes, at, end, begun);
    return end;
  }

  /** The bytes that the message at `at` needs; 0, and no more reading, when it is refused. */
  #wanted(bytes: Buffer, at: number): number {
    if (bytes.length - at < HEADER_BYTES) return HEADER_BYTES;
    const wanted = this.#reader.wanted(bytes[at] as number, bytes.readInt32BE(at + 1) + 1);
    if (wanted === 0) this.#stopped = true;
    return wanted;
  }

  /** What was not read yet: it waits for a decision, for more bytes, or for nothing any more. */
  #keepRest(rest: Buffer): void {
    if (this.#waiting) this.#parked.push(rest);
    else if (!this.#stopped) this.#assembly.keep(rest, this.#kept);
  }

  /** Passes on (or drops) the rest of a message that began in an earlier chunk. */
  #continue(bytes: Buffer): number {
    if (this.#left === 0) {
      this.#dropping = false;
      return 0;
    }
    const end = Math.min(this.#left, bytes.length);
    this.#left -= end;
    if (!this.#dropping) this.#reader.passed(this.#type, bytes, 0, end, 0);
    return end;
  }

  #forward(bytes: Buffer, from: number, to: number): void {
    if (to <= from) return;
    this.#reader.forward(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
  }
}

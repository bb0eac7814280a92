import { Buffer } from 'node:buffer';
import { asBuffer } from './as-buffer.ts';

/** Kept pieces below this are copied, so that a few bytes do not pin a whole read buffer. */
const COPY_BELOW = 4096;

/**
 * Keeps the unread end of a stream until the piece that a decoder waits for is whole. Every byte is
 * copied at most once, however many chunks a piece spans. It does not know what it keeps, and it sets
 * no limit: the decoder checks a length before it asks for so many bytes.
 */
export class Assembly {
  #parts: Buffer[] = [];
  #have = 0;
  #need = 0;

  /** Bytes that are kept back. */
  get size(): number {
    return this.#have;
  }

  /** The bytes to decode now, beginning with what was kept; undefined while too few have come. */
  add(chunk: Uint8Array): Buffer | undefined {
    const bytes = asBuffer(chunk);
    if (this.#have === 0) return bytes;
    if (this.#have + bytes.length < this.#need) {
      this.#store(bytes);
      return undefined;
    }
    const whole = Buffer.concat([...this.#parts, bytes], this.#have + bytes.length);
    this.#parts = [];
    this.#have = 0;
    return whole;
  }

  /** Keeps `rest`, which is not empty, until `need` bytes are there, counted from its beginning. */
  keep(rest: Buffer, need: number): void {
    this.#need = need;
    this.#store(rest);
  }

  #store(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes.length < COPY_BELOW ? Buffer.from(bytes) : bytes);
    this.#have += bytes.length;
  }
}

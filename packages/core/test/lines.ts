import { Buffer } from 'node:buffer';

/** Bytes in, lines out. */
export class Lines {
  #rest = Buffer.alloc(0);

  /** Whether a line has begun and not ended. */
  get partial(): boolean {
    return this.#rest.length > 0;
  }

  add(chunk: Uint8Array): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
  }

  /** The next whole line, without its end. */
  next(): string | undefined {
    const end = this.#rest.indexOf('\n');
    if (end < 0) return undefined;
    const line = this.#rest.toString('utf8', 0, end);
    this.#rest = this.#rest.subarray(end + 1);
    return line;
  }

  takeRest(): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest;
  }
}

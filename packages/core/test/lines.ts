import { Buffer } from 'node:buffer';

const END = 0x0a;

/** Bytes in, lines out; bytes are joined once a line is whole. */
export class Lines {
  #parts: Buffer[] = [];
  #whole = false;

  /** Whether a line has begun and not ended. */
  get partial(): boolean {
    return this.#parts.length > 0;
  }

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#parts.push(Buffer.from(chunk));
    this.#whole ||= chunk.includes(END);
  }

  /** The next whole line, without its end. */
  next(): string | undefined {
    if (!this.#whole) return undefined;
    const bytes = this.takeRest();
    const end = bytes.indexOf(END);
    const rest = bytes.subarray(end + 1);
    if (rest.length > 0) this.#parts = [rest];
    this.#whole = rest.includes(END);
    return bytes.toString('utf8', 0, end);
  }

  takeRest(): Buffer {
    const [only] = this.#parts;
    const rest = only !== undefined && this.#parts.length === 1 ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#whole = false;
    return rest;
  }
}

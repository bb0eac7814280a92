import type { Names } from './names.ts';
import type { Prepared } from './outstanding.ts';

/** What the record of a prepared statement takes beside its text. */
const RECORD_BYTES = 256;

/** What a prepared statement counts for; `message` is the length of its Parse. */
export function preparedBytes(message: number): number {
  return message + RECORD_BYTES;
}

/**
 * Bounds what a session's prepared statements hold. It only ever adds, and counts what really
 * stands when the sum reaches the limit, so closing and replacing statements costs nothing.
 */
export class PreparedText {
  readonly #statements: Names<Prepared>;
  readonly #limit: number;
  #atMost = 0;

  constructor(statements: Names<Prepared>, limit: number) {
    this.#statements = statements;
    this.#limit = limit;
  }

  /** Whether one more statement of `bytes` fits. */
  take(bytes: number): boolean {
    if (this.#atMost + bytes > this.#limit) {
      this.#atMost = 0;
      for (const prepared of this.#statements.values()) this.#atMost += prepared.bytes;
    }
    if (this.#atMost + bytes > this.#limit) return false;
    this.#atMost += bytes;
    return true;
  }
}

import type { Buffer } from 'node:buffer';

/** Successive messages of one chunk whose bytes are told together: rows, or copied data. */
export class MessageRun {
  #from = -1;
  #to = 0;
  #begun = 0;

  get isEmpty(): boolean {
    return this.#from < 0;
  }

  /** Takes in what stands from `at` to `end` in the chunk; `begun` messages begin there. */
  add(at: number, end: number, begun: number): void {
    if (this.#from < 0) this.#from = at;
    this.#to = end;
    this.#begun += begun;
  }

  /** The run's bytes and how many messages begin in it; the next run begins empty. */
  take(chunk: Buffer): { readonly wire: Buffer; readonly begun: number } {
    const run = { wire: chunk.subarray(this.#from, this.#to), begun: this.#begun };
    this.#from = -1;
    this.#begun = 0;
    return run;
  }
}

import type { Flow } from './valve.ts';

/** Bytes that are read ahead from a client: a socket's own high-water mark. */
const AHEAD_BYTES = 65_536;

/**
 * What a client sends while it is not its turn. Its connection is read on, so that its leaving is
 * noticed even behind a last word; it is paused only while this store is full.
 */
export class ReadAhead {
  readonly #source: Flow;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #paused = false;

  constructor(source: Flow) {
    this.#source = source;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  keep(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#paused || this.#bytes < AHEAD_BYTES) return;
    this.#paused = true;
    this.#source.pause();
  }

  /** The oldest chunk that was kept, taken out. */
  take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    this.#bytes -= chunk?.length ?? 0;
    if (this.#paused && this.#bytes < AHEAD_BYTES) {
      this.#paused = false;
      this.#source.resume();
    }
    return chunk;
  }
}

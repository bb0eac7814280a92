import type { Verdict } from '@weir/contract';

/** Bytes that are read ahead from a client whose statement is held: a socket's own high-water mark. */
const HELD_BYTES = 65_536;

/**
 * A statement that waits for its decision, and what its client sends meanwhile. That is read, so that
 * the client's leaving is noticed even behind a last word, and kept for the relay. It takes no more
 * than a socket itself would have kept unread.
 */
export class Hold {
  #active = false;
  #settle: ((verdict: Verdict) => void) | undefined;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** Whether a statement is held: from `begin` to `end`. */
  get active(): boolean {
    return this.#active;
  }

  /** Whether nothing more should be read from the client. */
  get full(): boolean {
    return this.#bytes >= HELD_BYTES;
  }

  /** Calls `decide` once: with what `pending` comes to, or with the verdict of `settle` before. */
  begin(pending: Promise<Verdict>, decide: (verdict: Verdict) => void): void {
    this.#active = true;
    const settle = (verdict: Verdict) => {
      if (this.#settle !== settle) return;
      this.#settle = undefined;
      decide(verdict);
    };
    this.#settle = settle;
    pending.then(settle);
  }

  /** Decides what is held, if its verdict is not there yet. */
  settle(verdict: Verdict): void {
    this.#settle?.(verdict);
  }

  end(): void {
    this.#active = false;
  }

  keep(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The oldest chunk that was kept, taken out. */
  take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    this.#bytes -= chunk?.length ?? 0;
    return chunk;
  }
}

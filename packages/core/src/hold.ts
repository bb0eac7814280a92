import type { Denial, Verdict } from '@weir/contract';

/** What becomes of a statement whose client does not wait for its decision. */
export const CANCELLED: Denial = {
  allow: false,
  code: 'cancelled',
  message: 'cancelled by its client before it was decided',
};

/** A statement that waits for its decision. */
export class Hold {
  #active = false;
  #settle: ((verdict: Verdict) => void) | undefined;

  /** Whether a statement is held: from `begin` to `end`. */
  get active(): boolean {
    return this.#active;
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
}

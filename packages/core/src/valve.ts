/** Why nothing from a peer is passed on; several reasons may hold at once. */
type Reason = 'other side is slow' | 'held' | 'pipeline is full' | 'cancelling';

/** What can be stopped and goes on. */
export interface Flow {
  pause(): void;
  resume(): void;
}

const NONE: readonly Reason[] = [];

/** Opens and closes the flow from one peer. It flows while there is no reason that it should not. */
export class Valve {
  readonly #source: Flow | undefined;
  /** Mostly none: an open session keeps no set of them. */
  #reasons: readonly Reason[] = NONE;

  /** Without a source it stops nothing by itself: whoever carries the flow asks whether it may. */
  constructor(source?: Flow) {
    this.#source = source;
  }

  get closed(): boolean {
    return this.#reasons.length > 0;
  }

  closedFor(reason: Reason): boolean {
    return this.#reasons.includes(reason);
  }

  /** Whether this reason is new. */
  close(reason: Reason): boolean {
    if (this.#reasons.includes(reason)) return false;
    if (this.#reasons.length === 0) this.#source?.pause();
    this.#reasons = [...this.#reasons, reason];
    return true;
  }

  open(reason: Reason): void {
    if (!this.#reasons.includes(reason)) return;
    const left = this.#reasons.filter((other) => other !== reason);
    this.#reasons = left.length === 0 ? NONE : left;
    if (left.length === 0) this.#source?.resume();
  }
}

/** Why reading from a peer is stopped; several reasons may hold at once. */
export type PauseReason = 'other side is slow' | 'held' | 'pipeline is full' | 'cancelling';

/** What a valve stands in front of. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/** Opens and closes the flow from one peer. It flows while there is no reason that it should not. */
export class Valve {
  readonly #source: Flow;
  readonly #reasons = new Set<PauseReason>();

  constructor(source: Flow) {
    this.#source = source;
  }

  /** Whether this reason is new. */
  close(reason: PauseReason): boolean {
    if (this.#reasons.has(reason)) return false;
    if (this.#reasons.size === 0) this.#source.pause();
    this.#reasons.add(reason);
    return true;
  }

  open(reason: PauseReason): void {
    if (this.#reasons.delete(reason) && this.#reasons.size === 0) this.#source.resume();
  }
}

/** Why reading from a peer is stopped; several reasons may hold at once. */
type PauseReason = 'other side is slow' | 'held' | 'pipeline is full' | 'cancelling';

/** What a valve stands in front of. */
interface Flow {
  pause(): void;
  resume(): void;
}

const NONE: readonly PauseReason[] = [];

/** Opens and closes the flow from one peer. It flows while there is no reason that it should not. */
export class Valve {
  readonly #source: Flow;
  /** Mostly none: an open session keeps no set of them. */
  #reasons: readonly PauseReason[] = NONE;

  constructor(source: Flow) {
    this.#source = source;
  }

  /** Whether this reason is new. */
  close(reason: PauseReason): boolean {
    if (this.#reasons.includes(reason)) return false;
    if (this.#reasons.length === 0) this.#source.pause();
    this.#reasons = [...this.#reasons, reason];
    return true;
  }

  open(reason: PauseReason): void {
    if (!this.#reasons.includes(reason)) return;
    const left = this.#reasons.filter((other) => other !== reason);
    this.#reasons = left.length === 0 ? NONE : left;
    if (left.length === 0) this.#source.resume();
  }
}

import { STOP } from './message-walk.ts';

/** How the client broke the protocol. It is told once all that came before has been passed on. */
export class Violation {
  #found: string | undefined;

  /** Nothing more is read. */
  stop(what: string): typeof STOP {
    this.#found = what;
    return STOP;
  }

  take(): string | undefined {
    const found = this.#found;
    this.#found = undefined;
    return found;
  }
}

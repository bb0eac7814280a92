import type { Buffer } from 'node:buffer';
import type { Denial, Statement } from '@weir/contract';

/**
 * What has been sent to the database and not been answered yet, oldest first. The database answers
 * strictly in order, so the head says whose answer comes next.
 */

/** A prepared statement: its text, and its result's shape once the database described it. */
export interface Prepared {
  readonly text: string;
  readonly bytes: number;
  /** Made in SQL, so the protocol never showed the text. */
  readonly byName: boolean;
  columns: Buffer | undefined;
}

/** A portal: one bound run of a prepared statement. */
export interface Portal {
  readonly prepared: Prepared;
  /** The shape with the formats that this portal was bound with. */
  columns: Buffer | undefined;
}

/** What a statement has returned so far. */
export interface Tally {
  rows: number;
  bytes: number;
}

/** A denial that the database is made to answer with an error of its own, which is then replaced. */
export interface Withheld {
  readonly denial: Denial;
  readonly ref: string | undefined;
}

export type Outstanding =
  | { readonly kind: 'parse'; readonly name: string; readonly prepared: Prepared }
  | { readonly kind: 'bind'; readonly name: string; readonly portal: Portal }
  | { readonly kind: 'describe'; readonly record: Prepared | Portal | undefined }
  | { readonly kind: 'close'; readonly what: 'statement' | 'portal'; readonly name: string }
  | OutstandingExecute
  | OutstandingQuery
  | { readonly kind: 'denied'; readonly withheld: Withheld }
  | { readonly kind: 'copy-end' }
  | { readonly kind: 'sync' };

export interface OutstandingExecute {
  readonly kind: 'execute';
  readonly statement: Statement;
  readonly portal: Portal | undefined;
  readonly tally: Tally;
}

/** One query string: its statements run in order, and a denied one ends the string. */
export interface OutstandingQuery {
  readonly kind: 'query';
  readonly statements: readonly Statement[];
  readonly withheld: Withheld | undefined;
  /** The statement whose result comes next. */
  current: number;
  failed: boolean;
  tally: Tally;
}

/** A queue that takes at the end and gives at the front, both in constant time. */
export class OutstandingQueue {
  #entries: (Outstanding | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get first(): Outstanding | undefined {
    return this.#entries[this.#head];
  }

  push(entry: Outstanding): void {
    this.#entries.push(entry);
  }

  shift(): Outstanding | undefined {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return undefined;
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#entries.length) {
      this.#entries.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  *[Symbol.iterator](): Iterator<Outstanding> {
    for (let at = this.#head; at < this.#entries.length; at += 1) {
      const entry = this.#entries[at];
      if (entry !== undefined) yield entry;
    }
  }

  /**
   * The database reads a copy from the stream now: it takes every Sync up to the copy's end for part
   * of it and never answers those (protocol-flow, "COPY Operations"). Says whether the end was sent.
   */
  enterCopy(): boolean {
    const entries = [...this];
    const rest = entries.slice(1);
    const end = rest.findIndex((entry) => entry.kind !== 'sync');
    const ended = end >= 0 && rest[end]?.kind === 'copy-end';
    const kept = end < 0 ? [] : rest.slice(ended ? end + 1 : end);
    this.#entries = [...entries.slice(0, 1), ...kept];
    this.#head = 0;
    return ended;
  }
}

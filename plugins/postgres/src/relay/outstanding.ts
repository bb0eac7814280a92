import type { Buffer } from 'node:buffer';
import type { Denial, Statement } from '@weir/contract';
import type { NameChange } from './sql-names.ts';

/**
 * What has been sent to the database and not been answered yet, oldest first. The database answers
 * strictly in order, so the head says whose answer comes next.
 */

/** A prepared statement: its text, and its result's shape once the database described it. */
export interface Prepared {
  readonly text: string;
  /** What the record of it costs, in bytes. */
  readonly bytes: number;
  /** Made in SQL, so the protocol never showed the text. */
  readonly byName: boolean;
  /** It has no name, so no SQL can have put another text in its place unseen. */
  readonly unnamed: boolean;
  /** The names that its text gives or takes. */
  readonly changes: readonly NameChange[];
  columns: Buffer | undefined;
}

/** What was made in SQL is only known by its name. */
export function madeInSql(verb: 'EXECUTE' | 'FETCH FROM', name: string): Prepared {
  const text = `${verb} "${name.replaceAll('"', '""')}"`;
  return { text, bytes: 0, byName: true, unnamed: false, changes: [], columns: undefined };
}

/** A portal: one bound run of a prepared statement. */
export interface Portal {
  readonly prepared: Prepared;
  /** Neither it nor what it runs has a name. */
  readonly unnamed: boolean;
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
  | OutstandingParse
  | OutstandingBind
  | { readonly kind: 'describe'; readonly record: Prepared | Portal | undefined }
  | { readonly kind: 'close'; readonly what: 'statement' | 'portal'; readonly name: string }
  | OutstandingExecute
  | OutstandingQuery
  | OutstandingCall
  | { readonly kind: 'denied'; readonly withheld: Withheld }
  | OutstandingQuestion
  | OutstandingReckoning
  | { readonly kind: 'sync' };

interface OutstandingParse {
  readonly kind: 'parse';
  readonly name: string;
  readonly prepared: Prepared;
}

interface OutstandingBind {
  readonly kind: 'bind';
  readonly name: string;
  readonly portal: Portal;
}

export interface OutstandingExecute {
  readonly kind: 'execute';
  readonly statement: Statement;
  readonly portal: Portal | undefined;
  readonly changes: readonly NameChange[];
  readonly tally: Tally;
}

/** One query string: its statements run in order, and a denied one ends the string. */
export interface OutstandingQuery {
  readonly kind: 'query';
  readonly statements: readonly Statement[];
  /** Its only statement is a replication command of any number of results, and ends with the string. */
  readonly manyResults: boolean;
  /** The tag of the newest of these results. */
  lastTag: string | undefined;
  readonly withheld: Withheld | undefined;
  readonly changes: readonly NameChange[];
  /** The statement whose result comes next. */
  current: number;
  failed: boolean;
  tally: Tally;
}

/** What runs statements, and has results. */
export type Running = OutstandingExecute | OutstandingQuery;

/** The statement whose result comes next. */
export function currentStatement(running: Running): Statement | undefined {
  return running.kind === 'execute' ? running.statement : running.statements[running.current];
}

/** A call of a function by its number. It leaves the unnamed statement and portal as they are. */
interface OutstandingCall {
  readonly kind: 'call';
  readonly statement: Statement;
  readonly tally: Tally;
  /** The statement has its terminal event; only ReadyForQuery is still to come. */
  ended: boolean;
}

/** What Weir itself asks inside a batch; its answer does not reach the client. */
export interface OutstandingQuestion {
  readonly kind: 'question';
  /** Messages of the answer that have come. */
  answered: number;
}

/** What Weir sends to learn what became of a copy and of the Syncs inside it. */
export interface OutstandingReckoning {
  readonly kind: 'reckoning';
  /**
   * The copy was begun by an Execute, so that the database skips up to the next Sync when it fails, and
   * no Sync behind the copy has been sent.
   */
  readonly mayBeSkipping: boolean;
  /** The Syncs that the copy may have swallowed. */
  readonly syncs: number;
  /** ReadyForQuery messages that have come. */
  ready: number;
}

/** Whether the database answers with ReadyForQuery. */
export function endsSegment({ kind }: Outstanding): boolean {
  return kind === 'sync' || kind === 'query' || kind === 'call' || kind === 'reckoning';
}

/** A queue that takes at the end and gives at the front, both in constant time. */
export class OutstandingQueue {
  #entries: (Outstanding | undefined)[] = [];
  #head = 0;
  #segmentEnds = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get first(): Outstanding | undefined {
    return this.#entries[this.#head];
  }

  /** How many ReadyForQuery are still to come. */
  get segmentEnds(): number {
    return this.#segmentEnds;
  }

  push(entry: Outstanding): void {
    this.#entries.push(entry);
    if (endsSegment(entry)) this.#segmentEnds += 1;
  }

  shift(): Outstanding | undefined {
    const entries = this.#entries;
    const entry = entries[this.#head];
    if (entry === undefined) return undefined;
    if (endsSegment(entry)) this.#segmentEnds -= 1;
    entries[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === entries.length) {
      while (entries.length > 0) entries.pop();
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= entries.length) {
      this.#entries = entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** How many Syncs stand behind the head, when nothing but Syncs does; 0 otherwise. */
  get syncsBehind(): number {
    const behind = this.length - 1;
    for (let at = 1; at <= behind; at += 1) {
      if (this.#entries[this.#head + at]?.kind !== 'sync') return 0;
    }
    return Math.max(behind, 0);
  }

  /** Takes so many of these out, as far as there are any. */
  dropSyncsBehind(count: number): void {
    const first = this.#head + 1;
    let end = first;
    while (end - first < count && this.#entries[end]?.kind === 'sync') end += 1;
    this.#entries.splice(first, end - first);
    this.#segmentEnds -= end - first;
  }

  *[Symbol.iterator](): Iterator<Outstanding> {
    for (let at = this.#head; at < this.#entries.length; at += 1) {
      const entry = this.#entries[at];
      if (entry !== undefined) yield entry;
    }
  }
}

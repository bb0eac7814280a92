import { Buffer } from 'node:buffer';
import type {
  MachineLimits,
  Refusal,
  Relay,
  RelayActions,
  Statement,
  Submission,
  Verdict,
} from '@weir/contract';
import { Lines } from './lines.ts';
import { type BreakAt, encodeRefusal } from './toy-words.ts';

/** What the client is owed: a result of the database, or an answer of Weir in its place. */
type Owed =
  | { readonly statement: Statement; rows: number; bytes: number }
  | { readonly say: Buffer };

const LATER = 'later ';

/**
 * Carries lines. `later STATEMENT` keeps the statement and all behind it back until nothing is owed; in
 * a copy, where the database waits for lines up to `end`, that is for ever, and the client is throttled.
 * The statements `throw`, `violate` and `unreadable` make it misbehave, and so do the rows `throw` and
 * `twice`, which ends a statement twice.
 */
export class ToyRelay implements Relay {
  readonly #actions: RelayActions;
  readonly #limits: MachineLimits;
  readonly #breakAt: BreakAt;
  readonly #fromClient = new Lines();
  readonly #fromDatabase = new Lines();
  #owed: Owed[] = [];
  #held: Statement | undefined;
  #parked: string | undefined;
  #throttled = false;
  #inTransaction = false;
  #copying = false;
  #over = false;

  constructor(actions: RelayActions, limits: MachineLimits, breakAt: BreakAt) {
    this.#actions = actions;
    this.#limits = limits;
    this.#breakAt = breakAt;
  }

  get running(): boolean {
    return this.#owed.length > 0;
  }

  get clientsTurn(): boolean {
    return this.#copying;
  }

  get quiet(): boolean {
    return !this.running && this.#held === undefined && !this.#inTransaction;
  }

  get parked(): boolean {
    return this.#parked !== undefined && !this.#copying;
  }

  fromClient(chunk: Uint8Array): void {
    this.#fromClient.add(chunk);
    this.#readClient();
  }

  fromDatabase(chunk: Uint8Array): void {
    this.#fromDatabase.add(chunk);
    for (;;) {
      const line = this.#over ? undefined : this.#fromDatabase.next();
      if (line === undefined) return;
      this.#onAnswer(line);
    }
  }

  release(verdict: Verdict, ref?: string): void {
    const statement = this.#held;
    if (statement === undefined) throw new Error('nothing is held');
    this.#held = undefined;
    this.#take({ statement, verdict, ...(ref === undefined ? {} : { ref }) });
    this.#readClient();
  }

  refuse(refusal: Refusal): void {
    this.#breakAt('refuse');
    if (this.#over) return;
    if (!this.#fromDatabase.partial) this.#actions.toClient(encodeRefusal(refusal));
    this.disconnected();
  }

  disconnected(): void {
    this.#breakAt('disconnected');
    if (this.#over) return;
    this.#over = true;
    for (const owed of this.#owed) {
      if (!('say' in owed)) {
        const { statement, rows, bytes } = owed;
        this.#actions.failed(statement, { cause: 'connection', code: 'LOST', rows, bytes });
      }
    }
    this.#owed = [];
  }

  #readClient(): void {
    while (this.#held === undefined && !this.#over) {
      const text = this.#parked ?? this.#fromClient.next();
      if (text === undefined) break;
      const parked = text.startsWith(LATER) && this.running;
      this.#parked = parked ? text : undefined;
      if (parked) break;
      if (this.#copying) this.#copy(text);
      else this.#onStatement(text.startsWith(LATER) ? text.slice(LATER.length) : text);
    }
    const stuck = this.#parked !== undefined && this.#copying;
    if (!this.#throttled && (stuck || this.#owed.length > this.#limits.pipelineDepth)) {
      this.#throttled = true;
      this.#actions.throttle(true);
    }
  }

  #copy(line: string): void {
    this.#copying = line !== 'end';
    this.#actions.toDatabase(Buffer.from(`${line}\n`));
  }

  #onStatement(text: string): void {
    if (text === 'QUIT') {
      this.#actions.quit();
      this.#actions.toDatabase(Buffer.from('QUIT\n'));
    } else if (text === 'throw') {
      throw new Error('broken at a statement');
    } else if (text === 'violate') {
      this.#actions.violated({ code: 'protocol-violation', message: 'told to' });
    } else if (text === 'unreadable') {
      const denial = { allow: false, code: 'not-understood', message: 'unreadable' } as const;
      this.#take(this.#actions.deny({ text, source: 'text' }, denial));
    } else {
      this.#take(this.#actions.submit({ text, source: 'text' }));
    }
  }

  #take(submission: Submission): void {
    const { statement } = submission;
    if (submission.verdict === 'held') {
      this.#held = statement;
    } else if (submission.verdict.allow) {
      this.#owed.push({ statement, rows: 0, bytes: 0 });
      this.#actions.toDatabase(Buffer.from(`${statement.text}\n`));
    } else {
      const { code, message } = submission.verdict;
      this.#owed.push({ say: Buffer.from(`DENIED ${code} ${submission.ref} ${message}\n`) });
      this.#sayOwed();
    }
  }

  #onAnswer(line: string): void {
    const wire = Buffer.from(`${line}\n`);
    const [word = '', ...rest] = line.split(' ', 3);
    const owed = this.#owed[0];
    if (owed === undefined || 'say' in owed) {
      this.#actions.violated({ code: 'upstream-lost', message: 'an answer to nothing' });
      return;
    }
    if (word === 'MORE') {
      this.#copying = true;
      this.#actions.toClient(wire);
    } else if (word === 'ROW') {
      this.#onRow(owed, rest[0] ?? '', wire);
    } else {
      this.#onEnd(owed, word, rest, wire);
    }
  }

  #onRow(owed: Exclude<Owed, { say: Buffer }>, content: string, wire: Buffer): void {
    if (content === 'throw') throw new Error('broken at a row');
    if (owed.rows === 0) {
      const column = { name: 'line', relation: 0, attribute: 0, type: 0, format: 'text' } as const;
      this.#actions.columns(owed.statement, { count: 1, columns: () => [column] });
    }
    owed.rows += 1;
    owed.bytes += wire.length;
    this.#actions.toClient(wire);
    this.#actions.rows(owed.statement, 'rows', 1, wire);
    if (content === 'twice') this.#onEnd(owed, 'DONE', ['twice', 'open'], wire);
  }

  #onEnd(
    owed: Exclude<Owed, { say: Buffer }>,
    word: string,
    [tag = '', transaction]: readonly string[],
    wire: Buffer,
  ): void {
    const { statement, rows, bytes } = owed;
    this.#copying = false;
    this.#actions.toClient(wire);
    if (word === 'DONE') this.#actions.completed(statement, { tag, rows, bytes, suspended: false });
    else this.#actions.failed(statement, { cause: 'database', code: tag, rows, bytes });
    this.#inTransaction = transaction === 'open';
    if (tag === 'twice') return;
    this.#owed.shift();
    this.#sayOwed();
    if (this.#parked !== undefined) this.#readClient();
    if (this.#throttled && this.#owed.length <= this.#limits.pipelineDepth / 2) {
      this.#throttled = false;
      this.#actions.throttle(false);
    }
  }

  /** Answers of Weir's own stand in line behind the database's. */
  #sayOwed(): void {
    for (let first = this.#owed[0]; first !== undefined && 'say' in first; first = this.#owed[0]) {
      this.#actions.toClient(first.say);
      this.#owed.shift();
    }
    if (this.quiet) this.#actions.quieted();
  }
}

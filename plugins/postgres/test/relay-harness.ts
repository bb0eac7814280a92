import { Buffer } from 'node:buffer';
import {
  ALLOW,
  type BatchForm,
  type ColumnView,
  type Completion,
  type DecidedStatement,
  type Denial,
  type Failure,
  type MachineLimits,
  type Refusal,
  type RelayActions,
  type Statement,
  type StatementDraft,
  type Submission,
  type Verdict,
} from '@weir/contract';
import { PostgresRelay } from '../src/relay/relay.ts';

/** What a relay told its core, in order. Successive batches of one statement's rows are one. */
type RelayEvent =
  | {
      readonly type: 'submit';
      readonly seq: number;
      readonly text: string;
      readonly source: string;
    }
  | { readonly type: 'decided'; readonly seq: number; readonly allow: boolean }
  | { readonly type: 'columns'; readonly seq: number; readonly columns: string }
  | RowsEvent
  | ({ readonly type: 'completed'; readonly seq: number } & Completion)
  | ({ readonly type: 'failed'; readonly seq: number } & Failure)
  | { readonly type: 'quieted' }
  | { readonly type: 'throttle'; readonly paused: boolean }
  | { readonly type: 'quit' }
  | { readonly type: 'violated'; readonly message: string };

interface RowsEvent {
  readonly type: 'rows';
  readonly seq: number;
  readonly form: BatchForm;
  readonly rows: number;
  readonly bytes: number;
}

export interface HarnessOptions {
  /** The policy: `hold` answers later, with `release`. */
  readonly decide?: (statement: Statement) => Verdict | 'hold';
  /** The policy for text that is only prepared; everything passes when absent. */
  readonly decidePrepared?: (text: string) => Verdict | 'hold';
  readonly limits?: Partial<MachineLimits>;
  readonly parameters?: ReadonlyMap<string, string>;
  /** Whether the session is a replication connection's. */
  readonly replication?: boolean;
  /** Where bytes go beside the record. */
  readonly toClient?: (bytes: Uint8Array) => void;
  readonly toDatabase?: (bytes: Uint8Array) => void;
  readonly onThrottle?: (paused: boolean) => void;
}

const LIMITS: MachineLimits = {
  statementBytes: 1_000_000,
  statementsPerQuery: 1_000,
  preparedBytes: 1_000_000,
  pipelineDepth: 1_000,
};

/** Denies statements whose text matches. */
export function denyMatching(pattern: RegExp, code: Denial['code'] = 'forbidden') {
  const denial: Denial = { allow: false, code, message: 'not for you', rule: 'test' };
  return ({ text }: Statement): Verdict => (pattern.test(text) ? denial : ALLOW);
}

/** A relay without sockets, and the bookkeeping that core does around it. */
export class RelayHarness implements RelayActions {
  readonly relay: PostgresRelay;
  readonly events: RelayEvent[] = [];
  /** Statements that wait for `release`, oldest first. */
  readonly held: Statement[] = [];
  violation: Refusal | undefined;
  throttled = false;
  readonly #options: HarnessOptions;
  readonly #toClient: Buffer[] = [];
  readonly #toDatabase: Buffer[] = [];
  readonly #open = new Map<number, Statement>();
  #count = 0;
  #names = 0;

  constructor(options: HarnessOptions = {}) {
    this.#options = options;
    this.relay = new PostgresRelay({
      actions: this,
      limits: { ...LIMITS, ...options.limits },
      random: (length) => this.#nextName(length),
      parameters: options.parameters ?? new Map([['client_encoding', 'UTF8']]),
      replication: options.replication ?? false,
    });
  }

  /** All bytes that went to the client so far. */
  get clientBytes(): Buffer {
    return Buffer.concat(this.#toClient);
  }

  /** All bytes that went to the database so far. */
  get databaseBytes(): Buffer {
    return Buffer.concat(this.#toDatabase);
  }

  /** Statements without a terminal event. */
  get unfinished(): readonly Statement[] {
    return [...this.#open.values()];
  }

  release(verdict: Verdict): void {
    const statement = this.held.shift();
    if (statement === undefined) throw new Error('nothing is held');
    if (statement.seq === 0) {
      const { ref } = this.#answerPrepared(statement, verdict);
      this.relay.release(verdict, ref);
      return;
    }
    this.#decided(statement, verdict);
    this.relay.release(verdict, verdict.allow ? undefined : `REF${statement.seq}`);
  }

  /** Ends the session, as core does when a side is gone. */
  disconnect(): void {
    this.relay.disconnected();
    for (const statement of this.unfinished) {
      this.failed(statement, { cause: 'connection', code: '', rows: 0, bytes: 0 });
    }
  }

  toClient(bytes: Uint8Array): void {
    this.#toClient.push(Buffer.from(bytes));
    this.#options.toClient?.(bytes);
  }

  toDatabase(bytes: Uint8Array): void {
    this.#toDatabase.push(Buffer.from(bytes));
    this.#options.toDatabase?.(bytes);
  }

  prepare(draft: StatementDraft): Submission {
    const statement: Statement = { seq: 0, ...draft };
    const verdict = this.#options.decidePrepared?.(draft.text) ?? ALLOW;
    if (verdict === 'hold') {
      this.held.push(statement);
      return { statement, verdict: 'held' };
    }
    return this.#answerPrepared(statement, verdict);
  }

  #answerPrepared(statement: Statement, verdict: Verdict): DecidedStatement {
    const { text, source } = statement;
    return verdict.allow ? { statement, verdict } : this.deny({ text, source }, verdict);
  }

  submit(draft: StatementDraft): Submission {
    const statement = this.#submitted(draft);
    const verdict = this.#options.decide?.(statement) ?? ALLOW;
    if (verdict === 'hold') {
      this.held.push(statement);
      return { statement, verdict: 'held' };
    }
    return this.#decided(statement, verdict);
  }

  deny(draft: StatementDraft, denial: Denial): DecidedStatement {
    return this.#decided(this.#submitted(draft), denial);
  }

  columns({ seq }: Statement, view: ColumnView): void {
    const columns = view.columns().map(({ name, format }) => `${name} ${format}`);
    if (columns.length !== view.count) throw new Error('a view counts other columns than it has');
    this.events.push({ type: 'columns', seq, columns: columns.join(', ') });
  }

  rows({ seq }: Statement, form: BatchForm, rows: number, wire: Uint8Array): void {
    const at = this.events.findLastIndex((event) => 'seq' in event && event.seq === seq);
    const last = this.events[at];
    if (last?.type !== 'rows' || last.form !== form) {
      this.events.push({ type: 'rows', seq, form, rows, bytes: wire.length });
      return;
    }
    const bytes = last.bytes + wire.length;
    this.events.splice(at, 1, { ...last, rows: last.rows + rows, bytes });
  }

  completed(statement: Statement, completion: Completion): void {
    this.#end(statement);
    this.events.push({ type: 'completed', seq: statement.seq, ...completion });
  }

  failed(statement: Statement, failure: Failure): void {
    this.#end(statement);
    this.events.push({ type: 'failed', seq: statement.seq, ...failure });
  }

  quieted(): void {
    this.events.push({ type: 'quieted' });
  }

  throttle(paused: boolean): void {
    this.throttled = paused;
    this.events.push({ type: 'throttle', paused });
    this.#options.onThrottle?.(paused);
  }

  quit(): void {
    this.events.push({ type: 'quit' });
  }

  violated(refusal: Refusal): void {
    if (this.violation !== undefined) throw new Error('violated twice');
    this.violation = refusal;
    this.events.push({ type: 'violated', message: refusal.message });
    this.relay.refuse(refusal);
  }

  #nextName(length: number): Uint8Array {
    this.#names += 1;
    return Buffer.alloc(length, this.#names);
  }

  #submitted(draft: StatementDraft): Statement {
    this.#count += 1;
    const statement = { seq: this.#count, ...draft };
    this.#open.set(statement.seq, statement);
    this.events.push({ type: 'submit', ...statement });
    return statement;
  }

  #decided(statement: Statement, verdict: Verdict): DecidedStatement {
    this.events.push({ type: 'decided', seq: statement.seq, allow: verdict.allow });
    if (verdict.allow) return { statement, verdict };
    this.failed(statement, { cause: 'denied', code: verdict.code, rows: 0, bytes: 0 });
    return { statement, verdict, ref: `REF${statement.seq}` };
  }

  #end(statement: Statement): void {
    if (!this.#open.delete(statement.seq))
      throw new Error(`statement ${statement.seq} ended twice`);
  }
}

/** The events in words: a line for each, without the decisions that allow. */
export function describeEvents(events: readonly RelayEvent[]): readonly string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case 'submit':
        return `${event.seq} ${event.source}: ${shorten(event.text)}`;
      case 'decided':
        return event.allow ? [] : `${event.seq} denied`;
      case 'columns':
        return `${event.seq} columns: ${event.columns}`;
      case 'rows':
        return `${event.seq} ${event.form}: ${event.rows}, ${event.bytes} bytes`;
      case 'completed':
        return `${event.seq} ${event.suspended ? 'suspended' : 'done'} ${event.tag}`.trimEnd();
      case 'failed':
        return `${event.seq} failed: ${event.cause} ${event.code}`.trimEnd();
      case 'throttle':
        return event.paused ? 'client paused' : 'client resumed';
      case 'violated':
        return `violated: ${event.message}`;
      default:
        return event.type;
    }
  });
}

function shorten(text: string): string {
  return text.length > 70 ? `${text.slice(0, 40)}… (${text.length})` : text;
}

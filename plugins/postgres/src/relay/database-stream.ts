import { Buffer } from 'node:buffer';
import type { BatchForm, RelayActions, Statement } from '@weir/contract';
import { Backend, HEADER_BYTES, STATUSES } from '../protocol/messages.ts';
import { encodeDenial } from '../refusals.ts';
import { ERROR_HEAD_BYTES, neededBytes } from './backend-needs.ts';
import { isRowDescription, viewRowDescription } from './columns.ts';
import { countReady, isForClient, wasSkipping } from './copy-reckoning.ts';
import { readErrorFields } from './error-fields.ts';
import { Failures } from './failures.ts';
import { MessageRun } from './message-run.ts';
import { type Fate, type MessageReader, MessageWalk, PASS, STOP } from './message-walk.ts';
import {
  currentStatement,
  type OutstandingExecute,
  type OutstandingQuery,
  type OutstandingQuestion,
  type OutstandingReckoning,
  type Running,
  type Tally,
  type Withheld,
} from './outstanding.ts';
import type { SessionState } from './session-state.ts';
import { ANSWER_LIMIT, isAnswer, isAnswered, takeAnswer } from './settings-question.ts';

/**
 * Reads what the database answers: matches every message to what was asked, and tells core how each
 * statement goes and ends. Rows are counted, not read. It never writes to the database.
 */

const DROP = Buffer.alloc(0);

export class DatabaseStream implements MessageReader {
  readonly #state: SessionState;
  readonly #actions: RelayActions;
  readonly #onAnswers: (ready: boolean) => void;
  readonly #walk: MessageWalk;
  readonly #failures: Failures;
  #violation: string | undefined;
  /** A ReadyForQuery came since this was last told. */
  #ready = false;
  #saidFatal = false;
  readonly #run = new MessageRun();
  #runForm: BatchForm = 'rows';

  constructor(state: SessionState, actions: RelayActions, onAnswers: (ready: boolean) => void) {
    this.#state = state;
    this.#actions = actions;
    this.#onAnswers = onAnswers;
    this.#walk = new MessageWalk(this);
    this.#failures = new Failures(state, actions);
  }

  /** Whether a message of our own may be written to the client now. */
  get atBoundary(): boolean {
    return this.#walk.atBoundary;
  }

  /** Whether it has ended the session with an error of its own. */
  get saidFatal(): boolean {
    return this.#saidFatal;
  }

  receive(chunk: Uint8Array): void {
    this.#walk.receive(chunk);
  }

  stop(): void {
    this.#walk.stop();
  }

  wanted(type: number, total: number): number {
    const needed = neededBytes(type, total);
    if (typeof needed === 'string') return this.#refuse(needed);
    if (type !== Backend.DataRow || this.#state.queue.first?.kind !== 'question') return needed;
    return total <= ANSWER_LIMIT ? total : this.#refuse('the value of a setting too long');
  }

  message(type: number, bytes: Buffer, at: number, total: number): Fate {
    const head = this.#state.queue.first;
    if (head?.kind === 'question' && isAnswer(type)) {
      return this.#told(head, bytes.subarray(at, at + total));
    }
    if (this.passesOn(type)) {
      if (!this.#run.isEmpty || this.#runningStatement() !== undefined) return PASS;
      return this.#violated('rows that no statement asked for');
    }
    this.#tellRows(bytes);
    switch (type) {
      case Backend.ReadyForQuery:
        return this.#readyForQuery(bytes[at + HEADER_BYTES] as number);
      case Backend.CommandComplete:
        return this.#complete(bytes.toString('latin1', at + HEADER_BYTES, at + total - 1));
      case Backend.EmptyQueryResponse:
        return this.#empty();
      case Backend.FunctionCallResponse:
        return this.#called(total);
      case Backend.ErrorResponse:
        return this.#error(bytes, at, total);
      case Backend.RowDescription:
        return this.#rowDescription(bytes, at, at + total);
      case Backend.ParameterStatus:
        return this.#parameterStatus(bytes, at + HEADER_BYTES, at + total);
      case Backend.NoticeResponse:
      case Backend.NotificationResponse:
      case Backend.CopyDone:
        return PASS;
      default:
        return this.#step(type);
    }
  }

  passesOn(type: number): boolean {
    return type === Backend.DataRow || type === Backend.CopyData;
  }

  passed(type: number, _bytes: Buffer, at: number, end: number, begun: number): void {
    if (!this.passesOn(type)) return;
    if (this.#run.isEmpty) this.#runForm = type === Backend.DataRow ? 'rows' : 'copy-out';
    this.#run.add(at, end, begun);
  }

  chunkRead(bytes: Buffer): void {
    this.#tellRows(bytes);
    if (this.#violation !== undefined) {
      const message = `the database broke the protocol: ${this.#violation}`;
      this.#violation = undefined;
      this.#actions.violated({ code: 'upstream-lost', message });
      return;
    }
    const ready = this.#ready;
    this.#ready = false;
    this.#onAnswers(ready);
  }

  forward(bytes: Buffer): void {
    this.#actions.toClient(bytes);
  }

  /** The connection is gone. */
  failAll(): void {
    this.#failures.failAll();
  }

  #tellRows(bytes: Buffer): void {
    if (this.#run.isEmpty) return;
    const { wire, begun } = this.#run.take(bytes);
    const running = this.#running();
    const statement = this.#runningStatement();
    if (running === undefined || statement === undefined) return;
    if (running.kind === 'execute' && running.tally.bytes === 0) this.#tellColumns(running);
    running.tally.rows += begun;
    running.tally.bytes += wire.length;
    this.#actions.rows(statement, this.#runForm, begun, wire);
  }

  /** An Execute's result has the shape that was described earlier, if the client asked for it. */
  #tellColumns(running: OutstandingExecute): void {
    const columns = running.portal?.columns ?? running.portal?.prepared.columns;
    if (columns !== undefined) {
      this.#actions.columns(running.statement, viewRowDescription(columns, 0, columns.length));
    }
  }

  #running(): Running | undefined {
    const head = this.#state.queue.first;
    return head?.kind === 'execute' || head?.kind === 'query' ? head : undefined;
  }

  #runningStatement(): Statement | undefined {
    const running = this.#running();
    return running === undefined ? undefined : currentStatement(running);
  }

  #readyForQuery(status: number): Fate {
    if (!STATUSES.has(status)) return this.#violated('unknown transaction status');
    const head = this.#state.queue.first;
    if (head?.kind === 'reckoning') return this.#readyInReckoning(head, status);
    if (head?.kind === 'query') {
      this.#endManyResults(head);
      const open = head.current < head.statements.length || head.withheld !== undefined;
      if (open && !head.failed) return this.#violated('fewer results than statements');
    } else if (head?.kind === 'call') {
      if (!head.ended) return this.#violated('no result of a function call');
    } else if (head?.kind !== 'sync') {
      return this.#violated('ReadyForQuery that nothing asked for');
    }
    this.#state.answered();
    this.#state.copy = undefined;
    this.#state.ready(status);
    this.#ready = true;
    return PASS;
  }

  #readyInReckoning(reckoning: OutstandingReckoning, status: number): Fate {
    if (!countReady(reckoning)) return this.#violated('more ReadyForQuery than Syncs');
    this.#state.ready(status);
    return isForClient(reckoning) ? PASS : DROP;
  }

  /** What was asked about a copy is answered. */
  #reckoned(reckoning: OutstandingReckoning): Fate {
    if (reckoning.ready === 0) return this.#violated('no ReadyForQuery to a Sync');
    this.#state.reckoned(wasSkipping(reckoning));
    this.#ready = true;
    return DROP;
  }

  #complete(tag: string): Fate {
    // In a copy the database takes a Sync for part of it (protocol-flow, "COPY Operations").
    const { copy, queue } = this.#state;
    if (copy !== undefined) queue.dropSyncsBehind(copy.syncsAhead);
    this.#state.copy = undefined;
    const running = this.#running();
    if (running === undefined) return this.#violated('a result that no statement asked for');
    const statement = currentStatement(running);
    if (statement === undefined) return this.#violated('more results than statements');
    if (running.kind === 'query' && running.manyResults) {
      running.lastTag = tag;
      return PASS;
    }
    this.#tellCompleted(statement, running.tally, tag, false);
    if (running.kind === 'execute') {
      this.#state.answered();
    } else {
      running.current += 1;
      running.tally = { rows: 0, bytes: 0 };
    }
    return PASS;
  }

  /** Only the string's end shows that a replication command has given its last result. */
  #endManyResults(query: OutstandingQuery): void {
    const statement = currentStatement(query);
    if (statement === undefined || query.lastTag === undefined) return;
    this.#tellCompleted(statement, query.tally, query.lastTag, false);
    query.current += 1;
  }

  /** The answer to a string or statement of nothing but white space and comments. */
  #empty(): Fate {
    const running = this.#running();
    if (running?.kind === 'query' && running.statements.length === 0) return PASS;
    return this.#complete('');
  }

  #called(total: number): Fate {
    const head = this.#state.queue.first;
    if (head?.kind !== 'call' || head.ended) return this.#violated('unexpected function result');
    head.ended = true;
    head.tally.rows = 1;
    head.tally.bytes = total;
    this.#tellCompleted(head.statement, head.tally, '', false);
    return PASS;
  }

  #tellCompleted(statement: Statement, tally: Tally, tag: string, suspended: boolean): void {
    this.#actions.completed(statement, {
      tag,
      rows: tally.rows,
      bytes: tally.bytes,
      suspended,
    });
  }

  #rowDescription(bytes: Buffer, start: number, end: number): Fate {
    if (!isRowDescription(bytes, start, end)) return this.#violated('invalid RowDescription');
    const head = this.#state.queue.first;
    if (head?.kind === 'describe') {
      if (head.record !== undefined) head.record.columns = Buffer.from(bytes.subarray(start, end));
      this.#state.answered();
      return PASS;
    }
    const statement = head?.kind === 'query' ? currentStatement(head) : undefined;
    if (statement === undefined) return this.#violated('columns that no statement asked for');
    this.#actions.columns(statement, viewRowDescription(bytes, start, end));
    return PASS;
  }

  #parameterStatus(bytes: Buffer, start: number, end: number): Fate {
    const nameEnd = bytes.indexOf(0, start);
    if (nameEnd < 0 || nameEnd >= end - 1) return this.#violated('invalid ParameterStatus');
    this.#state.settings.report(
      bytes.toString('latin1', start, nameEnd),
      bytes.toString('latin1', nameEnd + 1, end - 1),
    );
    return PASS;
  }

  /** Part of the answer to what Weir asked itself. */
  #told(question: OutstandingQuestion, message: Buffer): Fate {
    const { settings } = this.#state;
    if (!takeAnswer(question, message, settings)) return this.#violated('no answer about settings');
    if (isAnswered(question)) {
      this.#state.answered();
      settings.inBatch = 'known';
    }
    return DROP;
  }

  /** The messages that answer exactly one step of the extended protocol, and those that begin a copy. */
  #step(type: number): Fate {
    const head = this.#state.queue.first;
    switch (type) {
      case Backend.ParseComplete:
        return this.#expect(head?.kind === 'parse');
      case Backend.BindComplete:
        return this.#expect(head?.kind === 'bind');
      case Backend.CloseComplete:
        if (head?.kind === 'reckoning') return this.#reckoned(head);
        return this.#expect(head?.kind === 'close');
      case Backend.NoData:
        return this.#expect(head?.kind === 'describe');
      case Backend.ParameterDescription:
        return head?.kind === 'describe' ? PASS : this.#violated('unexpected description');
      case Backend.PortalSuspended:
        if (head?.kind !== 'execute') return this.#violated('unexpected PortalSuspended');
        this.#tellCompleted(head.statement, head.tally, '', true);
        return this.#expect(true);
      case Backend.CopyInResponse:
        return this.#copyFromClient(false);
      case Backend.CopyBothResponse:
        if (head?.kind !== 'query' || !head.manyResults) return this.#violated('unexpected copy');
        return this.#copyFromClient(true);
      case Backend.CopyOutResponse:
        return this.#running() === undefined ? this.#violated('unexpected copy') : PASS;
      default:
        return this.#violated('unknown message type');
    }
  }

  #expect(expected: boolean): Fate {
    if (!expected) return this.#violated('an answer out of order');
    this.#state.answered();
    return PASS;
  }

  #copyFromClient(both: boolean): Fate {
    const { queue } = this.#state;
    const running = this.#running();
    if (running === undefined) return this.#violated('unexpected copy');
    this.#state.copy = {
      statement: currentStatement(running),
      tally: running.tally,
      both,
      extended: running.kind === 'execute',
      ended: queue.length - 1 > queue.syncsBehind,
      syncsAhead: queue.syncsBehind,
      syncs: 0,
    };
    return PASS;
  }

  #error(bytes: Buffer, at: number, total: number): Fate {
    const end = at + Math.min(total, ERROR_HEAD_BYTES);
    const { sqlstate, fatal } = readErrorFields(bytes, at + HEADER_BYTES, end);
    this.#saidFatal ||= fatal;
    const { copy, syncsInDoubt } = this.#state;
    this.#state.copy = undefined;
    if (copy !== undefined && syncsInDoubt && !fatal) this.#state.reckon(copy);
    const head = this.#state.queue.first;
    switch (head?.kind) {
      case undefined:
      case 'sync':
      case 'reckoning':
        return PASS;
      case 'query': {
        const denied = head.withheld !== undefined && head.current === head.statements.length;
        if (head.failed) return PASS;
        head.failed = true;
        if (denied && !fatal) return denialOf(head.withheld);
        this.#failures.fail(head, 'database', sqlstate);
        return PASS;
      }
      case 'call':
        if (!head.ended) this.#failures.fail(head, 'database', sqlstate);
        return PASS;
      case 'denied':
        this.#failures.skipBatch(sqlstate);
        return fatal ? PASS : denialOf(head.withheld);
      default:
        this.#failures.skipBatch(sqlstate);
        return PASS;
    }
  }

  #refuse(what: string): 0 {
    this.#violation = what;
    return 0;
  }

  #violated(what: string): Fate {
    this.#violation = what;
    return STOP;
  }
}

function denialOf(withheld: Withheld | undefined): Buffer {
  if (withheld === undefined) throw new TypeError('nothing was denied here');
  return Buffer.from(encodeDenial(withheld.denial, withheld.ref));
}

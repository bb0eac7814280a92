import { Buffer } from 'node:buffer';
import type { MachineLimits, RelayActions, Verdict } from '@weir/contract';
import { Frontend, frontendLimit, HEADER_BYTES, LENGTH_BYTES } from '../protocol/messages.ts';
import { ClientFlow } from './client-flow.ts';
import { Decisions } from './decisions.ts';
import { BIND_HEAD_BYTES, ExtendedSteps, PARSE_HEAD_BYTES } from './extended-steps.ts';
import { MessageRun } from './message-run.ts';
import { type Fate, type MessageReader, MessageWalk, PASS, WAIT } from './message-walk.ts';
import { CALL_HEAD_BYTES, QueryStrings } from './query-strings.ts';
import type { SessionState } from './session-state.ts';
import { Violation } from './violation.ts';
import type { RandomBytes } from './withheld.ts';

/**
 * Takes what the client sends: says how far each message is read and hands it to its reader, keeps
 * Syncs and copies in order, and drops what the database would skip. It never writes to the client.
 */

const DROP = Buffer.alloc(0);
const SYNC = { kind: 'sync' } as const;
const SYNC_MESSAGE = Buffer.from([Frontend.Sync, 0, 0, 0, LENGTH_BYTES]);

export class ClientStream implements MessageReader {
  readonly #state: SessionState;
  readonly #actions: RelayActions;
  readonly #limits: MachineLimits;
  readonly #walk: MessageWalk;
  readonly #violation = new Violation();
  readonly #decisions: Decisions;
  readonly #flow: ClientFlow;
  readonly #queries: QueryStrings;
  readonly #steps: ExtendedSteps;
  readonly #copied = new MessageRun();

  constructor(
    state: SessionState,
    actions: RelayActions,
    limits: MachineLimits,
    random: RandomBytes,
  ) {
    this.#state = state;
    this.#actions = actions;
    this.#limits = limits;
    this.#walk = new MessageWalk(this);
    const violation = this.#violation;
    const decisions = new Decisions(actions, violation);
    const flow = new ClientFlow(state, actions, limits);
    const parts = { state, limits, random, decisions, flow, violation };
    this.#decisions = decisions;
    this.#flow = flow;
    this.#queries = new QueryStrings(parts);
    this.#steps = new ExtendedSteps(parts);
  }

  get idle(): boolean {
    return this.#walk.idle;
  }

  /** In a copy it is the client's turn: a message that waits inside one waits for ever. */
  get parked(): boolean {
    const { copy } = this.#state;
    return this.#walk.waiting && (copy === undefined || copy.ended);
  }

  receive(chunk: Uint8Array): void {
    this.#walk.receive(chunk);
  }

  stop(): void {
    this.#walk.stop();
  }

  release(verdict: Verdict, ref: string | undefined): void {
    if (this.#decisions.settle(verdict, ref)) this.#walk.resume();
  }

  /** The database has answered something: what waited for it goes on. */
  answersCame(): void {
    this.#sendOwedSync();
    if (this.#flow.takeAwaiting()) this.#walk.resume();
    this.#flow.answersCame();
  }

  wanted(type: number, total: number): number {
    const limit = frontendLimit(type);
    if (total <= LENGTH_BYTES || total - 1 > limit) {
      this.#violation.stop(limit === 0 ? 'unknown message type' : 'invalid message length');
      return 0;
    }
    if (this.#state.skipping) return HEADER_BYTES;
    switch (type) {
      case Frontend.Query:
        return total > this.#limits.statementBytes ? HEADER_BYTES : total;
      case Frontend.Parse:
        return total > this.#limits.statementBytes ? Math.min(total, PARSE_HEAD_BYTES) : total;
      case Frontend.Bind:
        return Math.min(total, BIND_HEAD_BYTES);
      case Frontend.FunctionCall:
        return Math.min(total, CALL_HEAD_BYTES);
      case Frontend.Execute:
      case Frontend.Describe:
      case Frontend.Close:
        return total;
      default:
        return HEADER_BYTES;
    }
  }

  message(type: number, bytes: Buffer, at: number, total: number): Fate {
    if (type !== Frontend.CopyData) this.#tellCopied(bytes);
    if (type === Frontend.Terminate) {
      this.#walk.stop();
      this.#actions.quit();
      return PASS;
    }
    if (type === Frontend.Sync) return this.#sync();
    // What the database would skip anyway does not leave us: it is not decided, so it must not run.
    if (this.#state.skipping) {
      this.#decisions.abandon();
      return DROP;
    }
    const fate = this.#read(type, bytes, at, total);
    if (fate !== WAIT) this.#decisions.sent();
    return fate;
  }

  passesOn(type: number): boolean {
    return type === Frontend.CopyData;
  }

  passed(type: number, _bytes: Buffer, at: number, end: number, begun: number): void {
    if (type === Frontend.CopyData) this.#copied.add(at, end, begun);
  }

  chunkRead(bytes: Buffer): void {
    this.#tellCopied(bytes);
    const violation = this.#violation.take();
    if (violation !== undefined) {
      this.#actions.violated({ code: 'protocol-violation', message: violation });
      return;
    }
    this.#sendOwedSync();
    this.#steps.sendQuestion();
    this.#flow.chunkRead(this.#walk.atBoundary);
  }

  forward(bytes: Buffer): void {
    this.#flow.send(bytes);
  }

  #read(type: number, bytes: Buffer, at: number, total: number): Fate {
    switch (type) {
      case Frontend.Query:
        return this.#queries.query(bytes, at, total);
      case Frontend.Parse:
        return this.#steps.parse(bytes, at, total);
      case Frontend.Bind:
        return this.#steps.bind(bytes, at, total);
      case Frontend.Execute:
        return this.#steps.execute(bytes, at, total);
      case Frontend.Describe:
        return this.#steps.describe(bytes, at, total);
      case Frontend.Close:
        return this.#steps.close(bytes, at, total);
      case Frontend.CopyData:
      case Frontend.CopyDone:
      case Frontend.CopyFail:
        return this.#copy(type);
      case Frontend.FunctionCall:
        return this.#queries.functionCall(bytes, at, total);
      default:
        return PASS;
    }
  }

  #sync(): Fate {
    const { copy } = this.#state;
    // The database takes a Sync inside a copy for part of it, unless the copy has failed already.
    // Which it was shows in its answers: until then the Sync is kept back.
    if (copy !== undefined && !copy.ended) {
      copy.syncKept = true;
      return DROP;
    }
    this.#synced();
    return PASS;
  }

  #synced(): void {
    this.#state.skipping = false;
    this.#state.send(SYNC);
  }

  #sendOwedSync(): void {
    if (!this.#state.syncOwed || !this.#walk.atBoundary) return;
    this.#state.syncOwed = false;
    this.#synced();
    this.#flow.send(SYNC_MESSAGE);
  }

  /** Copied data waits for the copy that it belongs to; where nothing is under way it is ignored. */
  #copy(type: number): Fate {
    const { copy, queue } = this.#state;
    if (copy === undefined || copy.ended) {
      return queue.length === 0 ? PASS : this.#flow.awaitAnswers(true);
    }
    if (type !== Frontend.CopyData) copy.ended = true;
    return PASS;
  }

  #tellCopied(bytes: Buffer): void {
    if (this.#copied.isEmpty) return;
    const { wire, begun } = this.#copied.take(bytes);
    const { copy } = this.#state;
    if (copy?.statement === undefined || copy.ended) return;
    this.#actions.rows(copy.statement, 'copy-in', begun, wire);
    copy.tally.rows += begun;
    copy.tally.bytes += wire.length;
  }
}

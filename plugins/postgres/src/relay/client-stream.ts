import { Buffer } from 'node:buffer';
import type { MachineLimits, RelayActions, Verdict } from '@weir/contract';
import { Frontend, frontendLimit, HEADER_BYTES, LENGTH_BYTES } from '../protocol/messages.ts';
import { ClientFlow } from './client-flow.ts';
import { makeReckoning } from './copy-reckoning.ts';
import { Decisions } from './decisions.ts';
import { BIND_HEAD_BYTES, ExtendedSteps, PARSE_HEAD_BYTES } from './extended-steps.ts';
import { MessageRun } from './message-run.ts';
import { type Fate, type MessageReader, MessageWalk, PASS, WAIT } from './message-walk.ts';
import { CALL_HEAD_BYTES, QueryStrings } from './query-strings.ts';
import type { CopyFromClient, SessionState } from './session-state.ts';
import { Violation } from './violation.ts';
import type { RandomBytes } from './withheld.ts';

/**
 * Takes what the client sends: says how far each message is read and hands it to its reader, follows
 * Syncs and copies, and drops what the database would skip. It never writes to the client.
 */

const DROP = Buffer.alloc(0);
const SYNC = { kind: 'sync' } as const;
const BELONGS_TO_COPY: ReadonlySet<number> = new Set([
  Frontend.CopyData,
  Frontend.CopyDone,
  Frontend.CopyFail,
  Frontend.Flush,
]);

export class ClientStream implements MessageReader {
  readonly #state: SessionState;
  readonly #actions: RelayActions;
  readonly #limits: MachineLimits;
  readonly #random: RandomBytes;
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
    this.#random = random;
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

  get parked(): boolean {
    return this.#walk.waiting;
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
    this.#sendReckoning();
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
    if (this.#state.reckoning !== 'none') return this.#flow.awaitAnswers(false);
    if (type === Frontend.Sync) return this.#sync();
    // What the database would skip anyway does not leave us: it is not decided, so it must not run.
    if (this.#state.skipping) {
      this.#decisions.abandon();
      return DROP;
    }
    const fate =
      this.#state.copy === undefined
        ? this.#read(type, bytes, at, total)
        : this.#readInCopy(this.#state.copy, type, bytes, at, total);
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
    this.#sendReckoning();
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

  /**
   * A message other than the copy's own. Nothing waits in an open copy, where the database waits for
   * the client: it is asked instead, which ends the copy if the message would have.
   */
  #readInCopy(copy: CopyFromClient, type: number, bytes: Buffer, at: number, total: number): Fate {
    if (BELONGS_TO_COPY.has(type)) return this.#read(type, bytes, at, total);
    // Only behind the answers to the Syncs that the copy may have swallowed.
    const fate = this.#state.syncsInDoubt
      ? this.#flow.awaitAnswers(copy.ended)
      : this.#read(type, bytes, at, total);
    if (fate === WAIT && this.#flow.awaiting && !copy.ended) return this.#reckon(copy);
    if (fate !== WAIT) copy.ended = true;
    return fate;
  }

  /** A replication connection takes no Close, so that it cannot be asked; no client goes on there. */
  #reckon(copy: CopyFromClient): Fate {
    if (this.#state.replication) return this.#violation.stop('a message that ends a copy');
    this.#state.reckon(copy);
    copy.ended = true;
    return WAIT;
  }

  /** As soon as it may stand between the client's messages. */
  #sendReckoning(): void {
    if (this.#state.reckoning !== 'owed' || !this.#walk.atBoundary) return;
    this.#state.reckoning = 'asked';
    this.#flow.send(makeReckoning(this.#random));
  }

  #sync(): Fate {
    const { copy } = this.#state;
    if (copy !== undefined && !copy.ended) {
      if (this.#state.replication) return this.#violation.stop('a Sync inside a copy');
      copy.syncs += 1;
      return PASS;
    }
    this.#state.skipping = false;
    this.#state.send(SYNC);
    return PASS;
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

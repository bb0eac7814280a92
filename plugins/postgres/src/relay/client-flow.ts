import type { Buffer } from 'node:buffer';
import type { MachineLimits, RelayActions } from '@weir/contract';
import { FLUSH } from '../protocol/frontend-encode.ts';
import { WAIT } from './message-walk.ts';
import type { SessionState } from './session-state.ts';

/**
 * Keeps a client from running too far ahead of the answers, and makes sure that answers come: the
 * database may hold them back until it is asked to flush.
 */
export class ClientFlow {
  readonly #state: SessionState;
  readonly #actions: RelayActions;
  readonly #depth: number;
  /** The message that is being read waits for answers. */
  #awaiting = false;
  #awaitsSettings = false;
  #flushNeeded = false;
  /** Something was sent behind the last Flush of our own. */
  #unflushed = false;
  #paused = false;

  constructor(state: SessionState, actions: RelayActions, limits: MachineLimits) {
    this.#state = state;
    this.#actions = actions;
    this.#depth = limits.pipelineDepth;
  }

  /**
   * The message is read again when the database has answered more; `flush` when it may not do so by
   * itself.
   */
  awaitAnswers(flush: boolean): typeof WAIT {
    this.#awaiting = true;
    this.#awaitsSettings = false;
    this.#flushNeeded ||= flush;
    this.#pause();
    return WAIT;
  }

  /**
   * The same for a text that waits for the settings. Such a text can be long, and many answers can
   * come before that one: it is not read again for each of them.
   */
  awaitSettings(flush: boolean): typeof WAIT {
    this.awaitAnswers(flush);
    this.#awaitsSettings = true;
    return WAIT;
  }

  /** Whether the message that is being read waits for answers. */
  get awaiting(): boolean {
    return this.#awaiting;
  }

  /** Whether a message waited for the answers that came now. */
  takeAwaiting(): boolean {
    if (this.#awaitsSettings && this.#state.settingsToCome) return false;
    const awaiting = this.#awaiting;
    this.#awaiting = false;
    return awaiting;
  }

  send(bytes: Buffer): void {
    this.#unflushed = true;
    this.#actions.toDatabase(bytes);
  }

  /**
   * A chunk was read. Where it ends inside a message the client must be able to go on, and no message
   * of our own can go in between.
   */
  chunkRead(atBoundary: boolean): void {
    if (!atBoundary) {
      this.#resume();
      return;
    }
    if (this.#state.queue.length > this.#depth && !this.#isInCopy()) this.#pause();
    const needed = this.#flushNeeded || this.#isFarAhead();
    this.#flushNeeded = false;
    // A replication session holds no answer back, and while it streams a Flush would end it.
    if (!needed || !this.#unflushed || this.#state.replication) return;
    this.#unflushed = false;
    this.#actions.toDatabase(FLUSH);
  }

  /** Lets the client go on once half of what it may send ahead is answered. */
  answersCame(): void {
    if (!this.#isFarAhead()) this.#resume();
  }

  /** The client is paused and stays so until more is answered. */
  #isFarAhead(): boolean {
    return this.#paused && !this.#isInCopy() && this.#state.queue.length > this.#depth / 2;
  }

  /** In a copy it is the client's turn: no answer comes while it says nothing. */
  #isInCopy(): boolean {
    const { copy } = this.#state;
    return copy !== undefined && !copy.ended;
  }

  #resume(): void {
    if (!this.#paused || this.#awaiting) return;
    this.#paused = false;
    this.#actions.throttle(false);
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#actions.throttle(true);
  }
}

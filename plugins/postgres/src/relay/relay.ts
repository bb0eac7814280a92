import type { MachineLimits, Refusal, Relay, RelayActions, Verdict } from '@weir/contract';
import { STATUS_IDLE } from '../protocol/messages.ts';
import { encodeRefusal } from '../refusals.ts';
import { ClientStream } from './client-stream.ts';
import { DatabaseStream } from './database-stream.ts';
import { SessionState } from './session-state.ts';
import type { RandomBytes } from './withheld.ts';

interface RelayOptions {
  readonly actions: RelayActions;
  readonly limits: MachineLimits;
  readonly random: RandomBytes;
  /** The settings that the database reported during the handshake. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Whether this is a replication connection. */
  readonly replication: boolean;
}

/**
 * One session between a client and a database that are both ready. Bytes in, actions out.
 * https://www.postgresql.org/docs/18/protocol-flow.html
 */
export class PostgresRelay implements Relay {
  readonly #state: SessionState;
  readonly #actions: RelayActions;
  readonly #client: ClientStream;
  readonly #database: DatabaseStream;
  #over = false;

  constructor({ actions, limits, random, parameters, replication }: RelayOptions) {
    this.#state = new SessionState(replication);
    this.#actions = actions;
    this.#client = new ClientStream(this.#state, actions, limits, random);
    this.#database = new DatabaseStream(this.#state, actions, (ready) => this.#answersCame(ready));
    for (const [name, value] of parameters) this.#state.settings.report(name, value);
  }

  get running(): boolean {
    return this.#state.queue.length > 0;
  }

  get clientsTurn(): boolean {
    const { copy } = this.#state;
    return copy !== undefined && !copy.both && !copy.ended;
  }

  /**
   * What a batch has done is lost until its Sync is answered, also where all of it is answered: so
   * that it is not enough that no answer is to come.
   */
  get quiet(): boolean {
    return (
      this.#state.settled &&
      this.#state.transaction === STATUS_IDLE &&
      this.#client.idle &&
      this.#database.atBoundary
    );
  }

  get parked(): boolean {
    return this.#client.parked;
  }

  #answersCame(ready: boolean): void {
    this.#client.answersCame();
    if (ready && !this.#over && this.quiet) this.#actions.quieted();
  }

  fromClient(chunk: Uint8Array): void {
    this.#client.receive(chunk);
  }

  fromDatabase(chunk: Uint8Array): void {
    this.#database.receive(chunk);
  }

  release(verdict: Verdict, ref?: string): void {
    if (!this.#over) this.#client.release(verdict, ref);
  }

  refuse(refusal: Refusal): void {
    if (this.#over) return;
    const readable = this.#database.atBoundary && !this.#database.saidFatal;
    if (readable) this.#actions.toClient(encodeRefusal(refusal));
    this.disconnected();
  }

  disconnected(): void {
    if (this.#over) return;
    this.#over = true;
    this.#client.stop();
    this.#database.stop();
    this.#database.failAll();
  }
}

import type {
  AuthorizedSession,
  BatchForm,
  CloseReason,
  ColumnView,
  Completion,
  DecidedStatement,
  Denial,
  Failure,
  ProtocolConnection,
  Refusal,
  Relay,
  RelayActions,
  Statement,
  StatementDraft,
  Submission,
  Verdict,
} from '@weir/contract';
import type { Cancellable } from './cancel-keys.ts';
import type { DialedDatabase } from './dial.ts';
import type { EventStream } from './event-stream.ts';
import type { StatementGate } from './gate.ts';
import { CANCELLED, Hold } from './hold.ts';
import type { Peer, PeerListener } from './peer.ts';
import { ReadAhead } from './read-ahead.ts';
import { closeReason, LOST_PLACE, REVOKED, SHUTTING_DOWN, UPSTREAM_LOST } from './session-end.ts';
import { StatementLedger } from './statement-ledger.ts';
import { makeUlid } from './ulid.ts';
import { Valve } from './valve.ts';

interface SessionOptions {
  readonly facts: AuthorizedSession;
  readonly connection: ProtocolConnection;
  readonly gate: StatementGate;
  readonly events: EventStream;
  readonly client: Peer;
  readonly database: DialedDatabase;
  readonly now: () => number;
  /** Sends the cancel on its way; calls back when it is over, however it went. */
  readonly dialCancel: (done: () => void) => void;
}

/** What is only prepared counts as no statement. */
const NOT_RUN = 0;

/**
 * One session from "ready" to its end: carries bytes between the two peers and the plugin's relay,
 * asks the gate about each statement, and tells the event stream. It knows no protocol.
 */
export class Session implements RelayActions, Cancellable {
  readonly facts: AuthorizedSession;
  /** Bytes that it has carried so far. */
  readonly carried = { fromClient: 0, toClient: 0 };
  readonly #options: SessionOptions;
  readonly #gate: StatementGate;
  readonly #events: EventStream;
  readonly #client: Peer;
  readonly #database: Peer;
  readonly #clientValve = new Valve();
  readonly #databaseValve: Valve;
  readonly #ledger = new StatementLedger();
  readonly #hold = new Hold();
  readonly #ahead: ReadAhead;
  readonly #relay: Relay;
  readonly #openedAt: number;
  #active = true;
  #draining = false;
  #quit = false;
  #clientLeft = false;
  #revoked = false;
  #closed = false;
  #onClosed: (() => void) | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.facts = options.facts;
    this.#gate = options.gate;
    this.#events = options.events;
    this.#client = options.client;
    this.#database = options.database.peer;
    this.#ahead = new ReadAhead(options.client);
    this.#databaseValve = new Valve(options.database.peer);
    this.#openedAt = options.now();
    this.#relay = options.connection.makeRelay(this);
    this.#client.listen(this.#clientListener());
    this.#database.listen(this.#databaseListener());
  }

  /** Calls `closed` once, when the session is over. */
  whenClosed(closed: () => void): void {
    this.#onClosed = closed;
  }

  /** Lets the client in with `accept` and hands over what both sides sent before. */
  begin(accept: () => Uint8Array): void {
    this.#guard(() => {
      const fromClient = accept();
      const { received } = this.#options.database;
      if (received.length > 0) this.#relay.fromDatabase(received);
      if (fromClient.length > 0) this.#relay.fromClient(fromClient);
    });
  }

  /** Whether bytes have passed since this was last asked, or it is not the client's turn. */
  takeActivity(): boolean {
    const active = this.#active;
    this.#active = false;
    return active || this.#hold.active || (this.#relay.running && !this.#isClientsTurn());
  }

  /** Ends the session as soon as nothing is under way. */
  drain(): void {
    this.#draining = true;
    if (this.#relay.quiet) this.end(SHUTTING_DOWN);
  }

  /** Ends the session now, with an error that the client can read. */
  end(refusal: Refusal): void {
    if (this.#closed) return;
    this.#lastWord(() => this.#relay.refuse({ ref: this.facts.id, ...refusal }));
    this.#close(closeReason(refusal));
    this.#client.end();
    this.#database.destroy();
  }

  /**
   * Stops what is running on the database, and until that is done sends nothing new there. Where
   * nothing runs, it ends the wait of a statement that is held.
   */
  cancel(): void {
    const forwarded = !this.#closed && this.#relay.running;
    const at = this.#options.now();
    this.#events.emit({ type: 'cancel.requested', session: this.facts, at, forwarded });
    if (!forwarded) {
      this.#hold.settle(CANCELLED);
      return;
    }
    if (!this.#clientValve.close('cancelling')) return;
    this.#options.dialCancel(() => this.#guard(() => this.#clientValve.open('cancelling')));
  }

  toClient(bytes: Uint8Array): void {
    this.carried.toClient += bytes.length;
    if (!this.#client.write(bytes) && this.#databaseValve.close('other side is slow')) {
      this.#tellPaused('database');
    }
  }

  toDatabase(bytes: Uint8Array): void {
    if (!this.#database.write(bytes) && this.#clientValve.close('other side is slow')) {
      this.#tellPaused('client');
    }
  }

  submit(draft: StatementDraft): Submission {
    const { statement, at } = this.#open(draft);
    const verdict = this.#gate.decide(statement);
    if (!(verdict instanceof Promise)) return this.#decided(statement, verdict, at);
    this.#events.emit({ type: 'statement.held', session: this.facts, at, statement });
    this.#holdFor(verdict, (settled) => this.#released(statement, settled, at));
    return { statement, verdict: 'held' };
  }

  prepare(draft: StatementDraft): Submission {
    const { text, source } = draft;
    const statement: Statement = { seq: NOT_RUN, text, source };
    const answer = (verdict: Verdict): DecidedStatement =>
      verdict.allow ? { statement, verdict } : this.deny(draft, verdict);
    const verdict = this.#gate.decidePrepared(statement);
    if (!(verdict instanceof Promise)) return answer(verdict);
    this.#holdFor(verdict, answer);
    return { statement, verdict: 'held' };
  }

  deny(draft: StatementDraft, denial: Denial): DecidedStatement {
    const { statement, at } = this.#open(draft);
    return this.#decided(statement, denial, at);
  }

  columns(statement: Statement, view: ColumnView): void {
    const at = this.#options.now();
    this.#events.emit({ type: 'result.columns', session: this.facts, at, statement, view });
  }

  rows(statement: Statement, form: BatchForm, rows: number, wire: Uint8Array): void {
    this.#events.emit({
      type: 'result.rows',
      session: this.facts,
      at: this.#options.now(),
      statement,
      form,
      rows,
      bytes: wire.length,
      wire,
    });
  }

  completed(statement: Statement, completion: Completion): void {
    const at = this.#options.now();
    const took = at - this.#ledger.end(statement);
    const session = this.facts;
    this.#events.emit({ type: 'result.completed', session, at, statement, completion, took });
  }

  failed(statement: Statement, failure: Failure): void {
    const at = this.#options.now();
    const took = at - this.#ledger.end(statement);
    const session = this.facts;
    this.#events.emit({ type: 'result.failed', session, at, statement, failure, took });
  }

  quieted(): void {
    if (this.#draining) this.end(SHUTTING_DOWN);
  }

  throttle(paused: boolean): void {
    if (paused) this.#clientValve.close('pipeline is full');
    else this.#clientValve.open('pipeline is full');
  }

  quit(): void {
    this.#quit = true;
  }

  violated(refusal: Refusal): void {
    this.end(refusal);
  }

  #open(draft: StatementDraft): { readonly statement: Statement; readonly at: number } {
    const at = this.#options.now();
    const { text, source } = draft;
    const statement: Statement = { seq: this.#ledger.next(), text, source };
    this.#ledger.submit(statement, at);
    this.#events.emit({ type: 'statement.submitted', session: this.facts, at, statement });
    return { statement, at };
  }

  /** A denial is the statement's end: nothing of it runs. */
  #decided(statement: Statement, verdict: Verdict, submittedAt: number): DecidedStatement {
    const at = this.#options.now();
    const took = at - submittedAt;
    const session = this.facts;
    if (verdict.allow) {
      this.#events.emit({ type: 'statement.decided', session, at, statement, verdict, took });
      return { statement, verdict };
    }
    const ref = makeUlid(at);
    if (verdict.code === 'session-revoked') this.#revoked = true;
    this.#events.emit({ type: 'statement.decided', session, at, statement, verdict, ref, took });
    this.failed(statement, { cause: 'denied', code: verdict.code, rows: 0, bytes: 0 });
    return { statement, verdict, ref };
  }

  #released(statement: Statement, verdict: Verdict, submittedAt: number): DecidedStatement {
    const decided = this.#decided(statement, verdict, submittedAt);
    const at = this.#options.now();
    this.#events.emit({ type: 'statement.released', session: this.facts, at, statement });
    return decided;
  }

  /** The relay gets nothing of the client's until the verdict is there and it has been told. */
  #holdFor(pending: Promise<Verdict>, decide: (verdict: Verdict) => DecidedStatement): void {
    this.#clientValve.close('held');
    this.#hold.begin(pending, (settled) =>
      this.#guard(() => {
        const { verdict, ref } = decide(settled);
        this.#hold.end();
        this.#clientValve.open('held');
        this.#relay.release(verdict, ref);
      }),
    );
  }

  #readClient(chunk: Uint8Array): void {
    if (this.#clientValve.closed) this.#ahead.keep(chunk);
    else this.#relay.fromClient(chunk);
  }

  /** Goes on with what the client sent meanwhile, its end included, as far as it may. */
  #catchUp(): void {
    while (!this.#clientValve.closed && !this.#closed) {
      const chunk = this.#ahead.take();
      if (chunk === undefined) break;
      this.#relay.fromClient(chunk);
    }
    if (this.#clientLeft) this.#endDatabase();
  }

  /**
   * Tells the database that nothing more comes, once it has been asked all that the client sent: it
   * answers that before it goes. A statement that is held is dropped, for its client may be gone, and
   * so is what the relay keeps back from a database that waits for more itself.
   */
  #endDatabase(): void {
    const stuck = this.#relay.clientsTurn && this.#clientValve.closedFor('pipeline is full');
    const all = this.#ahead.isEmpty && !this.#relay.parked;
    if (this.#hold.active) this.#lost('client-lost');
    else if (stuck || all) this.#database.halfClose();
  }

  /** Whether what runs stands still until the client takes its answers or sends more. */
  #isClientsTurn(): boolean {
    if (this.#databaseValve.closed) return true;
    return this.#relay.clientsTurn && !this.#clientValve.closedFor('other side is slow');
  }

  #clientListener(): PeerListener {
    return {
      bytes: (chunk) => {
        this.#active = true;
        this.carried.fromClient += chunk.length;
        this.#guard(() => this.#readClient(chunk));
      },
      ended: () => {
        this.#clientLeft = true;
        this.#guard(() => this.#endDatabase());
      },
      closed: () => this.#lost(this.#quit ? 'client-quit' : 'client-lost'),
      drained: () => {
        this.#active = true;
        this.#databaseValve.open('other side is slow');
      },
    };
  }

  #databaseListener(): PeerListener {
    return {
      bytes: (chunk) => {
        this.#active = true;
        this.#guard(() => this.#relay.fromDatabase(chunk));
      },
      ended: () => this.#databaseGone(),
      closed: () => this.#databaseGone(),
      drained: () => this.#guard(() => this.#clientValve.open('other side is slow')),
    };
  }

  #databaseGone(): void {
    if (this.#quit) this.#lost('client-quit');
    else if (this.#clientLeft) this.#lost('client-lost');
    else this.end(UPSTREAM_LOST);
  }

  /** A side is gone. What was written to the other one still arrives there. */
  #lost(reason: CloseReason): void {
    if (this.#closed) return;
    this.#lastWord(() => this.#relay.disconnected());
    this.#close(reason);
    this.#client.end();
    if (this.#quit) this.#database.end();
    else this.#database.destroy();
  }

  #tellPaused(side: 'client' | 'database'): void {
    const at = this.#options.now();
    this.#events.emit({ type: 'flow.paused', session: this.facts, at, side });
  }

  /** A machine that throws has lost its place in the stream, and its session ends. */
  #guard(step: () => void): void {
    if (this.#closed) return;
    try {
      step();
      if (this.#clientLeft || !this.#ahead.isEmpty) this.#catchUp();
      // An open transaction is no reason to stay: it could not even be rolled back.
      if (this.#revoked && !this.#relay.running) this.end(REVOKED);
    } catch {
      this.end(LOST_PLACE);
    }
  }

  /** What the relay says at the end. One that throws even then has nothing more to say to anybody. */
  #lastWord(step: () => void): void {
    try {
      step();
    } catch {
      this.#client.destroy();
    }
  }

  #close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const statement of this.#ledger.unfinished()) {
      this.failed(statement, { cause: 'connection', code: '', rows: 0, bytes: 0 });
    }
    const at = this.#options.now();
    this.#events.emit({
      type: 'session.closed',
      session: this.facts,
      at,
      reason,
      statements: this.#ledger.count,
      bytesFromClient: this.carried.fromClient,
      bytesToClient: this.carried.toClient,
      took: at - this.#openedAt,
    });
    this.#onClosed?.();
  }
}

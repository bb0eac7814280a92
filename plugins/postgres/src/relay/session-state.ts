import type { Statement } from '@weir/contract';
import { STATUS_IDLE } from '../protocol/messages.ts';
import { Names } from './names.ts';
import {
  endsSegment,
  type Outstanding,
  OutstandingQueue,
  type Portal,
  type Prepared,
  type Tally,
} from './outstanding.ts';
import type { NameChange } from './sql-names.ts';
import { TextSettings } from './text-settings.ts';

/** A copy in which the database reads from the message stream. */
export interface CopyFromClient {
  readonly statement: Statement | undefined;
  readonly tally: Tally;
  /** Whether the database sends in it, too, of its own accord. */
  readonly both: boolean;
  /** Whether an Execute began it. */
  readonly extended: boolean;
  /**
   * The client has sent CopyDone, CopyFail, or what has no place in a copy, and may have sent that ahead:
   * an answer comes.
   */
  ended: boolean;
  /** Syncs that were sent ahead of its beginning, with nothing else behind them. */
  readonly syncsAhead: number;
  /** Syncs sent inside it. */
  syncs: number;
}

/**
 * What both directions of one session share: the answers that are still to come, the names that the
 * client may use, and the settings that change how text is read.
 */
export class SessionState {
  readonly queue = new OutstandingQueue();
  readonly statements = new Names<Prepared>();
  readonly portals = new Names<Portal>();
  readonly settings = new TextSettings();
  /** The database takes replication commands on this connection. */
  readonly replication: boolean;
  /** The status byte of the last ReadyForQuery. */
  transaction: number = STATUS_IDLE;
  /** The database ignores everything up to the next Sync, which the client has not sent yet. */
  skipping = false;
  copy: CopyFromClient | undefined;
  /** Whether it has to be asked what became of a copy (copy-reckoning.ts); until then all waits. */
  reckoning: 'none' | 'owed' | 'asked' = 'none';
  /**
   * Nothing was sent since a ReadyForQuery that was the last answer to come. Only then are the
   * settings known as they were reported.
   */
  settled = true;
  /**
   * Counts what the client sends up to a message that is answered with ReadyForQuery. When a message
   * fails, what follows it in its segment is skipped, too.
   */
  #segment = 0;

  constructor(replication: boolean) {
    this.replication = replication;
  }

  /**
   * Whether the database is still to say what the settings are: what waits for it need not be looked
   * at before. An error or a copy may come in between, and decides otherwise what becomes of it.
   */
  get settingsToCome(): boolean {
    if (this.copy !== undefined || this.reckoning !== 'none' || this.skipping) return false;
    const { inBatch } = this.settings;
    return this.queue.segmentEnds > 0 || inBatch === 'wanted' || inBatch === 'asked';
  }

  /**
   * Whether a copy may have swallowed Syncs: the database ignores them while the copy stands, and answers
   * them when it has failed before. Where anything else was sent ahead behind them there is no doubt, for
   * that ends the connection while the copy stands.
   */
  get syncsInDoubt(): boolean {
    return this.copy !== undefined && this.copy.syncsAhead + this.copy.syncs > 0;
  }

  /** Whether it shows only later what this statement's name stands for. */
  isStatementUnsure(name: string): boolean {
    return this.statements.unsure(name, this.#segment);
  }

  /** The same of a portal. One from an earlier segment may end with that segment's transaction. */
  isPortalUnsure(name: string): boolean {
    if (this.portals.unsure(name, this.#segment)) return true;
    return this.queue.segmentEnds > 0 && this.portals.isConfirmed(name);
  }

  /** A message that is going to be answered has been sent. */
  send(entry: Outstanding): void {
    this.#declare(entry, this.#segment);
    this.queue.push(entry);
    const last = endsSegment(entry);
    this.settings.sent(entry, last);
    if (last) this.#segment += 1;
    this.settled = false;
  }

  /** It has to be asked what became of this copy. */
  reckon({ extended, syncsAhead, syncs }: CopyFromClient): void {
    // A replication connection takes no Close, so that it cannot be asked.
    if (this.replication || this.reckoning !== 'none') return;
    this.reckoning = 'owed';
    this.queue.dropSyncsBehind(syncsAhead);
    // A Sync that is left was sent behind the copy's end, and ends what the database skips.
    const mayBeSkipping = extended && this.queue.syncsBehind === 0;
    const sent = syncsAhead + syncs;
    this.send({ kind: 'reckoning', mayBeSkipping, syncs: sent, ready: 0 });
  }

  /** The head of the queue has its whole answer. */
  answered(): void {
    const entry = this.queue.shift();
    if (entry !== undefined) this.#confirm(entry);
  }

  /** A ReadyForQuery with this status has come, and what it answers is taken out of the queue. */
  ready(status: number): void {
    this.transaction = status;
    this.settled = this.queue.length === 0;
    this.settings.ready();
    // Portals end with their transaction.
    if (status === STATUS_IDLE) this.portals.forgetConfirmed();
  }

  /** It has shown what became of a copy, and whether the client is still to end its segment. */
  reckoned(skipping: boolean): void {
    this.answered();
    this.reckoning = 'none';
    this.skipping = skipping;
    this.settled = !skipping && this.queue.length === 0;
  }

  /** Part of what was sent did not happen: the names stand as confirmed, plus what is under way. */
  rollbackNames(): void {
    this.statements.rollback();
    this.portals.rollback();
    let segment = this.#segment - this.queue.segmentEnds;
    for (const entry of this.queue) {
      this.#declare(entry, segment);
      if (endsSegment(entry)) segment += 1;
    }
  }

  #declare(entry: Outstanding, segment: number): void {
    switch (entry.kind) {
      case 'parse':
        this.statements.declare(entry.name, entry.prepared, entry, segment);
        break;
      case 'bind':
        this.portals.declare(entry.name, entry.portal, entry, segment);
        break;
      case 'close':
        this.#names(entry.what).declare(entry.name, undefined, entry, segment);
        break;
      case 'query':
        // A query string replaces the unnamed statement and portal.
        this.statements.declare('', undefined, entry, segment);
        this.portals.declare('', undefined, entry, segment);
        this.#declareChanges(entry.changes, entry, segment);
        break;
      case 'execute':
        this.#declareChanges(entry.changes, entry, segment);
        break;
    }
  }

  #confirm(entry: Outstanding): void {
    switch (entry.kind) {
      case 'parse':
        this.statements.confirm(entry.name, entry.prepared, entry);
        break;
      case 'bind':
        this.portals.confirm(entry.name, entry.portal, entry);
        break;
      case 'close':
        this.#names(entry.what).confirm(entry.name, undefined, entry);
        break;
      case 'query':
        this.statements.confirm('', undefined, entry);
        this.portals.confirm('', undefined, entry);
        this.#confirmChanges(entry.changes, entry);
        break;
      case 'execute':
        this.#confirmChanges(entry.changes, entry);
        break;
    }
  }

  #declareChanges(changes: readonly NameChange[], by: Outstanding, segment: number): void {
    for (const { what, name } of changes) {
      if (name === undefined) this.#names(what).declareNone(by, segment);
      else this.#names(what).declare(name, undefined, by, segment);
    }
  }

  #confirmChanges(changes: readonly NameChange[], by: Outstanding): void {
    for (const { what, name } of changes) {
      if (name === undefined) this.#names(what).confirmNone(by);
      else this.#names(what).confirm(name, undefined, by);
    }
  }

  #names(what: NameChange['what']): Names<unknown> {
    return what === 'statement' ? this.statements : this.portals;
  }
}

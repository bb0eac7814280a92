import type { Statement } from '@weir/contract';
import { ClientEncoding } from '../protocol/client-encoding.ts';
import { STATUS_IDLE } from '../protocol/messages.ts';
import { Names } from './names.ts';
import {
  type Outstanding,
  OutstandingQueue,
  type Portal,
  type Prepared,
  type Tally,
} from './outstanding.ts';

/** A copy that the database reads from, or writes to, the message stream. */
export interface CopyInProgress {
  readonly statement: Statement | undefined;
  readonly tally: Tally;
  /** Whether the client has said CopyDone or CopyFail. */
  ended: boolean;
}

/**
 * What both directions of one session share: the answers that are still to come, the names that the
 * client may use, and the settings that change how text is read.
 */
export class SessionState {
  readonly queue = new OutstandingQueue();
  readonly statements = new Names<Prepared>();
  readonly portals = new Names<Portal>();
  readonly encoding = new ClientEncoding();
  standardStrings = true;
  /** The status byte of the last ReadyForQuery. */
  transaction: number = STATUS_IDLE;
  /** The database ignores everything up to the next Sync, which the client has not sent yet. */
  skipping = false;
  copy: CopyInProgress | undefined;

  /** The head of the queue. CopyDone and CopyFail outside a copy are ignored by the database. */
  head(): Outstanding | undefined {
    while (this.queue.first?.kind === 'copy-end') this.queue.shift();
    return this.queue.first;
  }

  /** Takes note of a setting that the database reports. */
  parameter(name: string, value: string): void {
    if (name === 'standard_conforming_strings') this.standardStrings = value === 'on';
    else if (name === 'client_encoding') this.encoding.declare(value);
  }

  /** The database carried out a message that names something. */
  confirm(entry: Outstanding): void {
    if (entry.kind === 'parse') this.statements.confirm(entry.name, entry.prepared);
    else if (entry.kind === 'bind') this.portals.confirm(entry.name, entry.portal);
    else if (entry.kind === 'query') {
      this.statements.confirm('', undefined);
      this.portals.confirm('', undefined);
    } else if (entry.kind === 'close') {
      if (entry.what === 'statement') this.statements.confirm(entry.name, undefined);
      else this.portals.confirm(entry.name, undefined);
    }
  }

  /** A message that names something has been sent. */
  declare(entry: Outstanding): void {
    if (entry.kind === 'parse') this.statements.declare(entry.name, entry.prepared);
    else if (entry.kind === 'bind') this.portals.declare(entry.name, entry.portal);
    else if (entry.kind === 'query') {
      this.statements.declare('', undefined);
      this.portals.declare('', undefined);
    } else if (entry.kind === 'close') {
      if (entry.what === 'statement') this.statements.declare(entry.name, undefined);
      else this.portals.declare(entry.name, undefined);
    }
  }

  send(entry: Outstanding): void {
    this.declare(entry);
    this.queue.push(entry);
  }

  /** Part of what was sent did not happen: the names stand as confirmed, plus what is under way. */
  rollbackNames(): void {
    this.statements.rollback();
    this.portals.rollback();
    for (const entry of this.queue) this.declare(entry);
  }
}

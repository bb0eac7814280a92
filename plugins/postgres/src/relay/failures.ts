import type { FailureCause, RelayActions } from '@weir/contract';
import type { Outstanding } from './outstanding.ts';
import type { SessionState } from './session-state.ts';

/** Tells core which statements an error ends, and takes what the database skips out of the queue. */
export class Failures {
  readonly #state: SessionState;
  readonly #actions: RelayActions;

  constructor(state: SessionState, actions: RelayActions) {
    this.#state = state;
    this.#actions = actions;
  }

  /**
   * After an error in the extended protocol the database skips everything up to the next Sync, which
   * may be the one of a reckoning.
   */
  skipBatch(sqlstate: string): void {
    const { queue } = this.#state;
    const failed = queue.shift();
    if (failed === undefined) return;
    this.fail(failed, 'database', sqlstate);
    while (queue.first !== undefined && !resumes(queue.first)) {
      const skipped = queue.shift();
      if (skipped === undefined) break;
      if (prepares(failed, skipped)) this.fail(skipped, 'database', sqlstate);
      else this.fail(skipped, 'skipped', '');
    }
    this.#state.skipping = queue.first === undefined;
    this.#state.rollbackNames();
  }

  /** Nothing that is still open will be answered. */
  failAll(): void {
    const { queue } = this.#state;
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      this.fail(entry, 'connection', '');
    }
  }

  /** Ends the statements of `entry` that have not ended. */
  fail(entry: Outstanding, cause: Exclude<FailureCause, 'denied'>, code: string): void {
    if (entry.kind === 'execute') {
      this.#actions.failed(entry.statement, { cause, code, ...entry.tally });
    } else if (entry.kind === 'call') {
      if (!entry.ended) this.#actions.failed(entry.statement, { cause, code, ...entry.tally });
      entry.ended = true;
    } else if (entry.kind === 'query') {
      const [running, ...later] = entry.statements.slice(entry.current);
      if (running === undefined) return;
      this.#actions.failed(running, { cause, code, ...entry.tally });
      const skipped = cause === 'database' ? 'skipped' : cause;
      for (const statement of later) {
        this.#actions.failed(statement, { cause: skipped, code: '', rows: 0, bytes: 0 });
      }
      entry.current = entry.statements.length;
    }
  }
}

function resumes({ kind }: Outstanding): boolean {
  return kind === 'sync' || kind === 'reckoning';
}

/** Whether `execute` runs what `failed` was to make or describe: then it is that run that failed. */
function prepares(failed: Outstanding, execute: Outstanding): boolean {
  if (execute.kind !== 'execute' || execute.portal === undefined) return false;
  const { portal } = execute;
  if (failed.kind === 'parse') return portal.prepared === failed.prepared;
  if (failed.kind === 'bind') return portal === failed.portal;
  if (failed.kind !== 'describe') return false;
  return failed.record === portal || failed.record === portal.prepared;
}

import { type Statement, WeirError } from '@weir/contract';

interface OpenStatement {
  readonly statement: Statement;
  readonly submittedAt: number;
}

/**
 * Holds each statement from its submission to its one terminal event. A second terminal event, or one
 * for a statement that was never submitted, is a fault of the plugin and ends the session.
 */
export class StatementLedger {
  readonly #open = new Map<number, OpenStatement>();
  #count = 0;

  /** How many statements were submitted. */
  get count(): number {
    return this.#count;
  }

  /** The number that the next statement gets. */
  next(): number {
    this.#count += 1;
    return this.#count;
  }

  submit(statement: Statement, at: number): void {
    this.#open.set(statement.seq, { statement, submittedAt: at });
  }

  /** Takes the statement out; answers when it was submitted. */
  end(statement: Statement): number {
    const open = this.#open.get(statement.seq);
    if (open === undefined) {
      throw new WeirError('ERR_ENGINE_INVARIANT', 'a statement ended twice or never began');
    }
    this.#open.delete(statement.seq);
    return open.submittedAt;
  }

  /** The statements that have not ended, oldest first. */
  unfinished(): readonly Statement[] {
    return [...this.#open.values()].map(({ statement }) => statement);
  }
}

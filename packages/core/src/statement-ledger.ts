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
  /** Oldest first. */
  readonly #open: OpenStatement[] = [];
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
    this.#open.push({ statement, submittedAt: at });
  }

  /** Takes the statement out; answers when it was submitted. */
  end(statement: Statement): number {
    const open = this.#take(statement.seq);
    if (open === undefined) {
      throw new WeirError('ERR_ENGINE_INVARIANT', 'a statement ended twice or never began');
    }
    return open.submittedAt;
  }

  /** The statements that have not ended, oldest first. */
  unfinished(): readonly Statement[] {
    return this.#open.map(({ statement }) => statement);
  }

  /** What is denied ends as the newest, what the database answers as the oldest. */
  #take(seq: number): OpenStatement | undefined {
    const open = this.#open;
    if (open.at(-1)?.statement.seq === seq) return open.pop();
    if (open[0]?.statement.seq === seq) return open.shift();
    const at = open.findIndex(({ statement }) => statement.seq === seq);
    return at < 0 ? undefined : open.splice(at, 1)[0];
  }
}

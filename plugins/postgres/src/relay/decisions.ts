import type {
  DecidedStatement,
  Denial,
  RelayActions,
  Statement,
  StatementDraft,
  Verdict,
} from '@weir/contract';
import { type STOP, WAIT } from './message-walk.ts';
import type { Withheld } from './outstanding.ts';
import type { Violation } from './violation.ts';

/**
 * The decisions on the statements of the message that is being read, in order. A message that waits
 * is read again from its beginning; what was decided then is not asked again.
 */
export class Decisions {
  readonly #actions: RelayActions;
  readonly #violation: Violation;
  readonly #decided: DecidedStatement[] = [];
  #held: Statement | undefined;
  /** The decision on text that is only prepared; nothing of it has to end. */
  #prepared: DecidedStatement | undefined;
  #preparing = false;

  constructor(actions: RelayActions, violation: Violation) {
    this.#actions = actions;
    this.#violation = violation;
  }

  /** The decision on the message's `index`-th statement, or what becomes of the message without it. */
  decide(index: number, draft: StatementDraft): DecidedStatement | typeof WAIT | typeof STOP {
    const known = this.#decided[index];
    if (known !== undefined) return this.#again(known, draft.text);
    const submission = this.#actions.submit(draft);
    if (submission.verdict === 'held') {
      this.#held = submission.statement;
      return WAIT;
    }
    this.#decided.push(submission);
    return submission;
  }

  /** The decision on text that the database is to keep for later runs. */
  prepare(text: string): DecidedStatement | typeof WAIT | typeof STOP {
    const known = this.#prepared;
    if (known !== undefined) return this.#again(known, text);
    const submission = this.#actions.prepare({ text, source: 'prepared' });
    if (submission.verdict !== 'held') return submission;
    this.#held = submission.statement;
    this.#preparing = true;
    return WAIT;
  }

  /** Takes the decision on the statement that is held, if one is. */
  settle(verdict: Verdict, ref: string | undefined): boolean {
    const statement = this.#held;
    if (statement === undefined) return false;
    this.#held = undefined;
    const decided = ref === undefined ? { statement, verdict } : { statement, verdict, ref };
    if (this.#preparing) this.#prepared = decided;
    else this.#decided.push(decided);
    this.#preparing = false;
    return true;
  }

  /** The message has left: the next one begins with no decision. */
  sent(): void {
    while (this.#decided.length > 0) this.#decided.pop();
    this.#prepared = undefined;
  }

  /** The message does not leave: what was allowed of it never runs. */
  abandon(): void {
    for (const { statement, verdict } of this.#decided) {
      if (!verdict.allow) continue;
      this.#actions.failed(statement, { cause: 'skipped', code: '', rows: 0, bytes: 0 });
    }
    this.sent();
  }

  /** A denial that the machine makes itself. Its statement has no text that could be told. */
  deny(source: StatementDraft['source'], denial: Denial): Withheld {
    return toWithheld(this.#actions.deny({ text: '', source }, denial));
  }

  /** The settings may have made the message read otherwise than when its decision began. */
  #again(known: DecidedStatement, text: string): DecidedStatement | typeof STOP {
    if (known.statement.text === text) return known;
    return this.#violation.stop('the settings changed meanwhile');
  }
}

/** What is put in place of the statement, when it is denied. */
export function toWithheld({ verdict, ref }: DecidedStatement): Withheld {
  if (verdict.allow) throw new TypeError('an allowed statement is not withheld');
  return { denial: verdict, ref };
}

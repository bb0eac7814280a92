import { Buffer } from 'node:buffer';
import type { Denial, MachineLimits, Statement } from '@weir/contract';
import { largeObjectCall } from '../protocol/large-objects.ts';
import { HEADER_BYTES } from '../protocol/messages.ts';
import { replicationResults } from '../protocol/replication-commands.ts';
import { splitStatements } from '../protocol/split-statements.ts';
import type { ClientFlow } from './client-flow.ts';
import type { ClientParts } from './client-parts.ts';
import { type Decisions, toWithheld } from './decisions.ts';
import {
  FUNCTION_CALL,
  tooLong,
  tooMany,
  UNREADABLE_TEXT,
  UNSAFE_ENCODING,
  UNSETTLED,
} from './denials.ts';
import { type Fate, PASS } from './message-walk.ts';
import type { Withheld } from './outstanding.ts';
import type { SessionState } from './session-state.ts';
import { type NameChange, readNameChanges } from './sql-names.ts';
import { dependsOnSettings } from './text-settings.ts';
import type { Violation } from './violation.ts';
import { makeFailingQuery, type RandomBytes } from './withheld.ts';

/**
 * Reads what runs at once and is answered with ReadyForQuery: Query, whose string may hold several
 * statements, and FunctionCall. A denied one is replaced by a query string that fails.
 */

/** A FunctionCall's function number; its arguments stream. */
export const CALL_HEAD_BYTES = HEADER_BYTES + 4;
const NOTHING = Buffer.alloc(0);
/** A text that begins with a letter is more than white space and comments. */
const BEGINS_WITH_LETTER = /^[a-z]/i;

export class QueryStrings {
  readonly #state: SessionState;
  readonly #limits: MachineLimits;
  readonly #random: RandomBytes;
  readonly #decisions: Decisions;
  readonly #flow: ClientFlow;
  readonly #violation: Violation;

  constructor(parts: ClientParts) {
    this.#state = parts.state;
    this.#limits = parts.limits;
    this.#random = parts.random;
    this.#decisions = parts.decisions;
    this.#flow = parts.flow;
    this.#violation = parts.violation;
  }

  query(bytes: Buffer, at: number, total: number): Fate {
    if (total > this.#limits.statementBytes)
      return this.#denyQuery(tooLong(this.#limits.statementBytes));
    const start = at + HEADER_BYTES;
    const end = at + total - 1;
    const { encoding } = this.#state.settings;
    const text = encoding.read(bytes, start, end);
    if (bytes[end] !== 0 || text?.includes('\0')) {
      return this.#violation.stop('invalid query string');
    }
    if (!this.#state.settled && dependsOnSettings(text)) {
      return this.#state.queue.segmentEnds > 0
        ? this.#flow.awaitSettings(false)
        : this.#denyQuery(UNSETTLED);
    }
    if (text === undefined) return this.#denyQuery(UNREADABLE_TEXT);
    const results = this.#state.replication ? replicationResults(text) : undefined;
    if (results !== undefined) return this.#queryOfOne(text, results === 'many');
    const semicolon = text.indexOf(';');
    const single = semicolon < 0 || semicolon === text.length - 1;
    const splittable = encoding.isAsciiSafe(bytes, start, end);
    if (!single && !splittable) return this.#denyQuery(UNSAFE_ENCODING);
    if (splittable && !(single && BEGINS_WITH_LETTER.test(text))) {
      return this.#queryOfSeveral(bytes.subarray(start, end));
    }
    return this.#queryOfOne(semicolon < 0 ? text : text.slice(0, -1), false);
  }

  /** Runs code without SQL: what no SQL can be said for, nothing could be decided about. */
  functionCall(bytes: Buffer, at: number, total: number): Fate {
    if (total < CALL_HEAD_BYTES) return this.#violation.stop('invalid FunctionCall message');
    const text = largeObjectCall(bytes.readUInt32BE(at + HEADER_BYTES));
    if (text === undefined) return this.#denyQuery(FUNCTION_CALL);
    const decided = this.#decisions.decide(0, { text, source: 'call' });
    if (typeof decided === 'number') return decided;
    if (!decided.verdict.allow) return this.#replaceQuery([], toWithheld(decided), NOTHING);
    const tally = { rows: 0, bytes: 0 };
    this.#state.send({ kind: 'call', statement: decided.statement, tally, ended: false });
    return PASS;
  }

  #queryOfOne(text: string, manyResults: boolean): Fate {
    const decided = this.#decisions.decide(0, { text, source: 'text' });
    if (typeof decided === 'number') return decided;
    return decided.verdict.allow
      ? this.#sendQuery([decided.statement], undefined, PASS, manyResults)
      : this.#replaceQuery([], toWithheld(decided), NOTHING);
  }

  /** Statements are decided in order, up to the first that is denied; the later ones never run. */
  #queryOfSeveral(string: Buffer): Fate {
    const { encoding, standardStrings } = this.#state.settings;
    const statements: Statement[] = [];
    let allowed = 0;
    const most = this.#limits.statementsPerQuery;
    const spans = splitStatements(string, { standardStrings }, most + 1);
    if (spans.length > most) return this.#denyQuery(tooMany(most));
    for (const span of spans) {
      const text = encoding.read(string, span.start, span.end) ?? '';
      const decided = this.#decisions.decide(statements.length, { text, source: 'text' });
      if (typeof decided === 'number') return decided;
      if (!decided.verdict.allow) {
        return this.#replaceQuery(statements, toWithheld(decided), string.subarray(0, allowed));
      }
      statements.push(decided.statement);
      allowed = span.after;
    }
    return this.#sendQuery(statements, undefined, PASS);
  }

  #sendQuery(
    statements: readonly Statement[],
    withheld: Withheld | undefined,
    fate: Fate,
    manyResults = false,
  ): Fate {
    this.#state.send({
      kind: 'query',
      statements,
      manyResults,
      lastTag: undefined,
      withheld,
      changes: readAllChanges(statements),
      current: 0,
      failed: false,
      tally: { rows: 0, bytes: 0 },
    });
    return fate;
  }

  #replaceQuery(statements: readonly Statement[], withheld: Withheld, allowed: Buffer): Fate {
    return this.#sendQuery(statements, withheld, makeFailingQuery(allowed, this.#random));
  }

  #denyQuery(denial: Denial): Fate {
    return this.#replaceQuery([], this.#decisions.deny('text', denial), NOTHING);
  }
}

function readAllChanges(statements: readonly Statement[]): readonly NameChange[] {
  const [only] = statements;
  return statements.length === 1 && only !== undefined
    ? readNameChanges(only.text)
    : statements.flatMap(({ text }) => readNameChanges(text));
}

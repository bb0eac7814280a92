import type { Buffer } from 'node:buffer';
import type { Denial, MachineLimits } from '@weir/contract';
import {
  decodeBind,
  decodeExecute,
  decodeParse,
  decodeSubject,
} from '../protocol/frontend-decode.ts';
import { HEADER_BYTES } from '../protocol/messages.ts';
import type { ClientFlow } from './client-flow.ts';
import type { ClientParts } from './client-parts.ts';
import { type Decisions, toWithheld } from './decisions.ts';
import {
  isSureName,
  MANY_PORTALS,
  MANY_STATEMENTS,
  NAME_BYTES,
  PORTAL_LIMIT,
  tooLong,
  UNREADABLE_TEXT,
  UNSURE_NAME,
} from './denials.ts';
import { type Fate, PASS, type WAIT } from './message-walk.ts';
import { madeInSql, type Withheld } from './outstanding.ts';
import { PreparedText, preparedBytes } from './prepared-text.ts';
import type { SessionState } from './session-state.ts';
import { makeSettingsQuestion } from './settings-question.ts';
import { readNameChanges } from './sql-names.ts';
import { dependsOnSettings } from './text-settings.ts';
import type { Violation } from './violation.ts';
import { makeFailingExecute, makeFailingParse, type RandomBytes } from './withheld.ts';

/**
 * Reads the steps of the extended protocol: Parse, Bind, Execute, Describe and Close. It follows what
 * their names stand for. A denied step is replaced by one that fails.
 */

/** Enough to tell whether a Parse that is too long has a name. */
export const PARSE_HEAD_BYTES = HEADER_BYTES + 1;
/** Bind's two names and what frames them; the rest of a Bind streams. */
export const BIND_HEAD_BYTES = HEADER_BYTES + 2 * (NAME_BYTES + 1);

export class ExtendedSteps {
  readonly #state: SessionState;
  readonly #limits: MachineLimits;
  readonly #random: RandomBytes;
  readonly #decisions: Decisions;
  readonly #flow: ClientFlow;
  readonly #violation: Violation;
  readonly #preparedText: PreparedText;

  constructor(parts: ClientParts) {
    this.#state = parts.state;
    this.#limits = parts.limits;
    this.#random = parts.random;
    this.#decisions = parts.decisions;
    this.#flow = parts.flow;
    this.#violation = parts.violation;
    this.#preparedText = new PreparedText(parts.state.statements, parts.limits.preparedBytes);
  }

  parse(bytes: Buffer, at: number, total: number): Fate {
    if (total > this.#limits.statementBytes) {
      return this.#denyParse(bytes[at + HEADER_BYTES] === 0, tooLong(this.#limits.statementBytes));
    }
    const head = decodeParse(bytes, at, at + total);
    if (head === undefined) return this.#violation.stop('invalid Parse message');
    const { name, textStart, textEnd } = head;
    if (!isSureName(name)) return this.#denyStep(UNSURE_NAME);
    const { queue, settings } = this.#state;
    const text = settings.encoding.read(bytes, textStart, textEnd);
    if ((queue.segmentEnds > 0 || settings.inBatch !== 'known') && dependsOnSettings(text)) {
      return queue.segmentEnds > 0 ? this.#flow.awaitSettings(false) : this.#askSettings();
    }
    if (text === undefined) return this.#denyParse(name === '', UNREADABLE_TEXT);
    // Decided before it leaves: once the database keeps it, SQL can run it by its name.
    const decided = this.#decisions.prepare(text);
    if (typeof decided === 'number') return decided;
    if (!decided.verdict.allow) return this.#failParse(name === '', toWithheld(decided));
    const size = preparedBytes(total);
    if (!this.#preparedText.take(size)) return this.#denyParse(name === '', MANY_STATEMENTS);
    const changes = readNameChanges(text);
    const unnamed = name === '';
    const prepared = { text, bytes: size, byName: false, unnamed, changes, columns: undefined };
    this.#state.send({ kind: 'parse', name, prepared });
    return PASS;
  }

  bind(bytes: Buffer, at: number, total: number): Fate {
    const head = decodeBind(bytes, at, at + Math.min(total, BIND_HEAD_BYTES));
    if (head === undefined) {
      return total > BIND_HEAD_BYTES
        ? this.#denyStep(UNSURE_NAME)
        : this.#violation.stop('invalid Bind message');
    }
    const { portal, statement } = head;
    const { statements, portals } = this.#state;
    if (!isSureName(portal) || !isSureName(statement)) return this.#denyStep(UNSURE_NAME);
    if (this.#state.isStatementUnsure(statement)) return this.#flow.awaitAnswers(false);
    if (portals.atMost >= PORTAL_LIMIT) return this.#denyStep(MANY_PORTALS);
    const prepared = statements.get(statement) ?? madeInSql('EXECUTE', statement);
    const unnamed = portal === '' && prepared.unnamed;
    const bound = { prepared, unnamed, columns: undefined };
    this.#state.send({ kind: 'bind', name: portal, portal: bound });
    return PASS;
  }

  execute(bytes: Buffer, at: number, total: number): Fate {
    const name = decodeExecute(bytes, at, at + total);
    if (name === undefined) return this.#violation.stop('invalid Execute message');
    if (!isSureName(name)) return this.#denyStep(UNSURE_NAME);
    if (this.#state.isPortalUnsure(name)) return this.#flow.awaitAnswers(false);
    const portal = this.#state.portals.get(name);
    const { text, byName, changes } = portal?.prepared ?? madeInSql('FETCH FROM', name);
    const decided = this.#decisions.decide(0, { text, source: byName ? 'name' : 'prepared' });
    if (typeof decided === 'number') return decided;
    if (!decided.verdict.allow) return this.#failStep(toWithheld(decided));
    const tally = { rows: 0, bytes: 0 };
    this.#state.send({ kind: 'execute', statement: decided.statement, portal, changes, tally });
    return PASS;
  }

  describe(bytes: Buffer, at: number, total: number): Fate {
    const subject = decodeSubject(bytes, at, at + total);
    if (subject === undefined) return this.#violation.stop('invalid Describe message');
    const { what, name } = subject;
    if (!isSureName(name)) return this.#denyStep(UNSURE_NAME);
    const { statements, portals } = this.#state;
    const ofStatement = what === 'statement';
    const unsure = ofStatement
      ? this.#state.isStatementUnsure(name)
      : this.#state.isPortalUnsure(name);
    if (unsure) return this.#flow.awaitAnswers(false);
    const record = ofStatement ? statements.get(name) : portals.get(name);
    this.#state.send({ kind: 'describe', record });
    return PASS;
  }

  close(bytes: Buffer, at: number, total: number): Fate {
    const subject = decodeSubject(bytes, at, at + total);
    if (subject === undefined) return this.#violation.stop('invalid Close message');
    if (!isSureName(subject.name)) return this.#denyStep(UNSURE_NAME);
    this.#state.send({ kind: 'close', ...subject });
    return PASS;
  }

  /** Asks what the settings are, for a text that waits; all that came before it has left. */
  sendQuestion(): void {
    const { settings } = this.#state;
    if (settings.inBatch !== 'wanted') return;
    settings.inBatch = 'asked';
    this.#state.send({ kind: 'question', answered: 0 });
    this.#flow.send(makeSettingsQuestion(this.#random));
  }

  /** The text waits until the database has said how it is going to read it. */
  #askSettings(): typeof WAIT {
    const { settings } = this.#state;
    if (settings.inBatch === 'unsure') settings.inBatch = 'wanted';
    return this.#flow.awaitSettings(true);
  }

  #denyParse(unnamed: boolean, denial: Denial): Fate {
    return this.#failParse(unnamed, this.#decisions.deny('prepared', denial));
  }

  /** The record of the unnamed statement stays: at most its text runs, and that was decided. */
  #failParse(unnamed: boolean, withheld: Withheld): Fate {
    return this.#failStep(withheld, unnamed ? makeFailingParse : makeFailingExecute);
  }

  /** Denies a step of the extended protocol that cannot be read or is over a limit. */
  #denyStep(denial: Denial): Fate {
    return this.#failStep(this.#decisions.deny('prepared', denial));
  }

  #failStep(withheld: Withheld, makeFailing = makeFailingExecute): Fate {
    this.#state.send({ kind: 'denied', withheld });
    return makeFailing(this.#random);
  }
}

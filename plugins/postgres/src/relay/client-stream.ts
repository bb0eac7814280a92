import { Buffer } from 'node:buffer';
import type {
  DecidedStatement,
  Denial,
  MachineLimits,
  RelayActions,
  Statement,
  Verdict,
} from '@weir/contract';
import {
  decodeBind,
  decodeExecute,
  decodeParse,
  decodeSubject,
} from '../protocol/frontend-decode.ts';
import { largeObjectCall } from '../protocol/large-objects.ts';
import { Frontend, frontendLimit, HEADER_BYTES, LENGTH_BYTES } from '../protocol/messages.ts';
import { replicationResults } from '../protocol/replication-commands.ts';
import { splitStatements } from '../protocol/split-statements.ts';
import { ClientFlow } from './client-flow.ts';
import { CHANGED, Decisions, HELD, toWithheld } from './decisions.ts';
import {
  FUNCTION_CALL,
  LONG_NAME,
  MANY_PORTALS,
  MANY_STATEMENTS,
  NAME_BYTES,
  PORTAL_LIMIT,
  tooLong,
  tooMany,
  UNREADABLE_TEXT,
  UNSAFE_ENCODING,
  UNSETTLED,
} from './denials.ts';
import { MessageRun } from './message-run.ts';
import { type Fate, type MessageReader, MessageWalk, PASS, STOP, WAIT } from './message-walk.ts';
import { madeInSql, type Withheld } from './outstanding.ts';
import { PreparedText, preparedBytes } from './prepared-text.ts';
import type { SessionState } from './session-state.ts';
import { makeSettingsQuestion } from './settings-question.ts';
import { readNameChanges } from './sql-names.ts';
import { dependsOnSettings } from './text-settings.ts';
import { makeFailingExecute, makeFailingQuery, type RandomBytes } from './withheld.ts';

/**
 * Reads what the client sends: asks for a decision on every statement that is about to run, and keeps
 * the record of what the database will have to answer. It never writes to the client.
 */

/** Bind's two names and what frames them; the rest of a Bind streams. */
const BIND_HEAD_BYTES = HEADER_BYTES + 2 * (NAME_BYTES + 1);
/** A FunctionCall's function number; its arguments stream. */
const CALL_HEAD_BYTES = HEADER_BYTES + 4;
const DROP = Buffer.alloc(0);
/** A text that begins with a letter is more than white space and comments. */
const BEGINS_WITH_LETTER = /^[a-z]/i;

export class ClientStream implements MessageReader {
  readonly #state: SessionState;
  readonly #actions: RelayActions;
  readonly #limits: MachineLimits;
  readonly #random: RandomBytes;
  readonly #walk: MessageWalk;
  readonly #preparedText: PreparedText;
  readonly #decisions: Decisions;
  readonly #flow: ClientFlow;
  #violation: string | undefined;
  readonly #copied = new MessageRun();

  constructor(
    state: SessionState,
    actions: RelayActions,
    limits: MachineLimits,
    random: RandomBytes,
  ) {
    this.#state = state;
    this.#actions = actions;
    this.#limits = limits;
    this.#random = random;
    this.#walk = new MessageWalk(this);
    this.#preparedText = new PreparedText(state.statements, limits.preparedBytes);
    this.#decisions = new Decisions(actions);
    this.#flow = new ClientFlow(state, actions, limits);
  }

  get idle(): boolean {
    return this.#walk.idle;
  }

  /** In a copy it is the client's turn: a message that waits inside one waits for ever. */
  get parked(): boolean {
    const { copy } = this.#state;
    return this.#walk.waiting && (copy === undefined || copy.ended);
  }

  receive(chunk: Uint8Array): void {
    this.#walk.receive(chunk);
  }

  stop(): void {
    this.#walk.stop();
  }

  release(verdict: Verdict, ref: string | undefined): void {
    if (this.#decisions.settle(verdict, ref)) this.#walk.resume();
  }

  /** The database has answered something: what waited for it goes on. */
  answersCame(): void {
    this.#sendOwedSync();
    if (this.#flow.takeAwaiting()) this.#walk.resume();
    this.#flow.answersCame();
  }

  wanted(type: number, total: number): number {
    const limit = frontendLimit(type);
    if (total <= LENGTH_BYTES || total - 1 > limit) {
      this.#violation = limit === 0 ? 'unknown message type' : 'invalid message length';
      return 0;
    }
    if (this.#state.skipping) return HEADER_BYTES;
    switch (type) {
      case Frontend.Query:
      case Frontend.Parse:
        return total > this.#limits.statementBytes ? HEADER_BYTES : total;
      case Frontend.Bind:
        return Math.min(total, BIND_HEAD_BYTES);
      case Frontend.FunctionCall:
        return Math.min(total, CALL_HEAD_BYTES);
      case Frontend.Execute:
      case Frontend.Describe:
      case Frontend.Close:
        return total;
      default:
        return HEADER_BYTES;
    }
  }

  message(type: number, bytes: Buffer, at: number, total: number): Fate {
    if (type !== Frontend.CopyData) this.#tellCopied(bytes);
    if (type === Frontend.Terminate) {
      this.#walk.stop();
      this.#actions.quit();
      return PASS;
    }
    if (type === Frontend.Sync) return this.#sync();
    // What the database would skip anyway does not leave us: it is not decided, so it must not run.
    if (this.#state.skipping) {
      this.#decisions.abandon();
      return DROP;
    }
    const fate = this.#read(type, bytes, at, total);
    if (fate !== WAIT) this.#decisions.sent();
    return fate;
  }

  passesOn(type: number): boolean {
    return type === Frontend.CopyData;
  }

  passed(type: number, _bytes: Buffer, at: number, end: number, begun: number): void {
    if (type === Frontend.CopyData) this.#copied.add(at, end, begun);
  }

  chunkRead(bytes: Buffer): void {
    this.#tellCopied(bytes);
    if (this.#violation !== undefined) {
      this.#actions.violated({ code: 'protocol-violation', message: this.#violation });
      this.#violation = undefined;
      return;
    }
    this.#sendOwedSync();
    this.#sendQuestion();
    this.#flow.chunkRead(this.#walk.atBoundary);
  }

  forward(bytes: Buffer): void {
    this.#flow.send(bytes);
  }

  #read(type: number, bytes: Buffer, at: number, total: number): Fate {
    switch (type) {
      case Frontend.Query:
        return this.#query(bytes, at, total);
      case Frontend.Parse:
        return this.#parse(bytes, at, total);
      case Frontend.Bind:
        return this.#bind(bytes, at, total);
      case Frontend.Execute:
        return this.#execute(bytes, at, total);
      case Frontend.Describe:
        return this.#describe(bytes, at, total);
      case Frontend.Close:
        return this.#close(bytes, at, total);
      case Frontend.CopyData:
      case Frontend.CopyDone:
      case Frontend.CopyFail:
        return this.#copy(type);
      case Frontend.FunctionCall:
        return this.#functionCall(bytes, at, total);
      default:
        return PASS;
    }
  }

  #sync(): Fate {
    const { copy } = this.#state;
    // The database takes a Sync inside a copy for part of it, unless the copy has failed already.
    // Which it was shows in its answers: until then the Sync is kept back.
    if (copy !== undefined && !copy.ended) {
      copy.syncKept = true;
      return DROP;
    }
    this.#synced();
    return PASS;
  }

  #synced(): void {
    this.#state.skipping = false;
    this.#state.send(SYNC);
  }

  #sendOwedSync(): void {
    if (!this.#state.syncOwed || !this.#walk.atBoundary) return;
    this.#state.syncOwed = false;
    this.#synced();
    this.#flow.send(SYNC_MESSAGE);
  }

  /** Copied data waits for the copy that it belongs to; where nothing is under way it is ignored. */
  #copy(type: number): Fate {
    const { copy, queue } = this.#state;
    if (copy === undefined || copy.ended) return queue.length === 0 ? PASS : this.#await(true);
    if (type !== Frontend.CopyData) copy.ended = true;
    return PASS;
  }

  #query(bytes: Buffer, at: number, total: number): Fate {
    if (total > this.#limits.statementBytes)
      return this.#denyQuery(tooLong(this.#limits.statementBytes));
    const start = at + HEADER_BYTES;
    const end = at + total - 1;
    if (bytes.indexOf(0, start) !== end) return this.#violated('invalid query string');
    const { encoding } = this.#state.settings;
    const text = encoding.read(bytes, start, end);
    if (!this.#state.settled && dependsOnSettings(text)) {
      return this.#state.queue.segmentEnds > 0 ? this.#await(false) : this.#denyQuery(UNSETTLED);
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

  #queryOfOne(text: string, manyResults: boolean): Fate {
    const decided = this.#decide(0, text, 'text');
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
      const decided = this.#decide(statements.length, text, 'text');
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
      changes: statements.flatMap(({ text }) => readNameChanges(text)),
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

  /** Runs code without SQL: what no SQL can be said for, nothing could be decided about. */
  #functionCall(bytes: Buffer, at: number, total: number): Fate {
    if (total < CALL_HEAD_BYTES) return this.#violated('invalid FunctionCall message');
    const text = largeObjectCall(bytes.readUInt32BE(at + HEADER_BYTES));
    if (text === undefined) return this.#denyQuery(FUNCTION_CALL);
    const decided = this.#decide(0, text, 'call');
    if (typeof decided === 'number') return decided;
    if (!decided.verdict.allow) return this.#replaceQuery([], toWithheld(decided), NOTHING);
    const tally = { rows: 0, bytes: 0 };
    this.#state.send({ kind: 'call', statement: decided.statement, tally, ended: false });
    return PASS;
  }

  #parse(bytes: Buffer, at: number, total: number): Fate {
    if (total > this.#limits.statementBytes)
      return this.#denyStep(tooLong(this.#limits.statementBytes));
    const head = decodeParse(bytes, at, at + total);
    if (head === undefined) return this.#violated('invalid Parse message');
    const { name, textStart, textEnd } = head;
    if (name.length > NAME_BYTES) return this.#denyStep(LONG_NAME);
    const { queue, settings } = this.#state;
    const text = settings.encoding.read(bytes, textStart, textEnd);
    if ((queue.segmentEnds > 0 || settings.inBatch !== 'known') && dependsOnSettings(text)) {
      return queue.segmentEnds > 0 ? this.#await(false) : this.#askSettings();
    }
    if (text === undefined) return this.#denyStep(UNREADABLE_TEXT);
    // Decided before it leaves: once the database keeps it, SQL can run it by its name.
    const decided = this.#decided(this.#decisions.prepare(text));
    if (typeof decided === 'number') return decided;
    if (!decided.verdict.allow) return this.#failStep(toWithheld(decided));
    const size = preparedBytes(total);
    if (!this.#preparedText.take(size)) return this.#denyStep(MANY_STATEMENTS);
    const changes = readNameChanges(text);
    const prepared = { text, bytes: size, byName: false, changes, columns: undefined };
    this.#state.send({ kind: 'parse', name, prepared });
    return PASS;
  }

  #bind(bytes: Buffer, at: number, total: number): Fate {
    const head = decodeBind(bytes, at, at + Math.min(total, BIND_HEAD_BYTES));
    if (head === undefined) {
      return total > BIND_HEAD_BYTES
        ? this.#denyStep(LONG_NAME)
        : this.#violated('invalid Bind message');
    }
    const { portal, statement } = head;
    const { statements, portals } = this.#state;
    if (portal.length > NAME_BYTES || statement.length > NAME_BYTES) {
      return this.#denyStep(LONG_NAME);
    }
    if (this.#state.isStatementUnsure(statement)) return this.#await(false);
    if (portals.atMost >= PORTAL_LIMIT) return this.#denyStep(MANY_PORTALS);
    const prepared = statements.get(statement) ?? madeInSql('EXECUTE', statement);
    this.#state.send({ kind: 'bind', name: portal, portal: { prepared, columns: undefined } });
    return PASS;
  }

  #execute(bytes: Buffer, at: number, total: number): Fate {
    const name = decodeExecute(bytes, at, at + total);
    if (name === undefined) return this.#violated('invalid Execute message');
    if (name.length > NAME_BYTES) return this.#denyStep(LONG_NAME);
    if (this.#state.isPortalUnsure(name)) return this.#await(false);
    const portal = this.#state.portals.get(name);
    const { text, byName, changes } = portal?.prepared ?? madeInSql('FETCH FROM', name);
    const decided = this.#decide(0, text, byName ? 'name' : 'prepared');
    if (typeof decided === 'number') return decided;
    if (!decided.verdict.allow) return this.#failStep(toWithheld(decided));
    const tally = { rows: 0, bytes: 0 };
    this.#state.send({ kind: 'execute', statement: decided.statement, portal, changes, tally });
    return PASS;
  }

  #describe(bytes: Buffer, at: number, total: number): Fate {
    const subject = decodeSubject(bytes, at, at + total);
    if (subject === undefined) return this.#violated('invalid Describe message');
    const { what, name } = subject;
    if (name.length > NAME_BYTES) return this.#denyStep(LONG_NAME);
    const { statements, portals } = this.#state;
    const ofStatement = what === 'statement';
    const unsure = ofStatement
      ? this.#state.isStatementUnsure(name)
      : this.#state.isPortalUnsure(name);
    if (unsure) return this.#await(false);
    const record = ofStatement ? statements.get(name) : portals.get(name);
    this.#state.send({ kind: 'describe', record });
    return PASS;
  }

  #close(bytes: Buffer, at: number, total: number): Fate {
    const subject = decodeSubject(bytes, at, at + total);
    if (subject === undefined) return this.#violated('invalid Close message');
    if (subject.name.length > NAME_BYTES) return this.#denyStep(LONG_NAME);
    this.#state.send({ kind: 'close', ...subject });
    return PASS;
  }

  /** The decision on the message's `index`-th statement, or what becomes of the message without it. */
  #decide(index: number, text: string, source: Statement['source']) {
    return this.#decided(this.#decisions.decide(index, { text, source }));
  }

  #decided(decided: DecidedStatement | typeof HELD | typeof CHANGED) {
    if (decided === HELD) return WAIT;
    return decided === CHANGED ? this.#violated('the settings changed meanwhile') : decided;
  }

  /** Denies a step of the extended protocol that cannot be read or is over a limit. */
  #denyStep(denial: Denial): Fate {
    return this.#failStep(this.#decisions.deny('prepared', denial));
  }

  #failStep(withheld: Withheld): Fate {
    this.#state.send({ kind: 'denied', withheld });
    return makeFailingExecute(this.#random);
  }

  #violated(what: string): typeof STOP {
    this.#violation = what;
    return STOP;
  }

  /** The text waits until the database has said how it is going to read it. */
  #askSettings(): typeof WAIT {
    const { settings } = this.#state;
    if (settings.inBatch === 'unsure') settings.inBatch = 'wanted';
    return this.#await(true);
  }

  /** Once all that came before the text has left. */
  #sendQuestion(): void {
    const { settings } = this.#state;
    if (settings.inBatch !== 'wanted') return;
    settings.inBatch = 'asked';
    this.#state.send({ kind: 'question', answered: 0 });
    this.#flow.send(makeSettingsQuestion(this.#random));
  }

  /** The message is read again when the database has answered more. */
  #await(flush: boolean): typeof WAIT {
    this.#flow.awaitAnswers(flush);
    return WAIT;
  }

  #tellCopied(bytes: Buffer): void {
    if (this.#copied.isEmpty) return;
    const { wire, begun } = this.#copied.take(bytes);
    const { copy } = this.#state;
    if (copy?.statement === undefined || copy.ended) return;
    this.#actions.rows(copy.statement, 'copy-in', begun, wire);
    copy.tally.rows += begun;
    copy.tally.bytes += wire.length;
  }
}

const SYNC = { kind: 'sync' } as const;
const SYNC_MESSAGE = Buffer.from([Frontend.Sync, 0, 0, 0, LENGTH_BYTES]);
const NOTHING = Buffer.alloc(0);

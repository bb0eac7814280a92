import { Buffer } from 'node:buffer';
import type {
  DecidedStatement,
  Denial,
  MachineLimits,
  RelayActions,
  Statement,
  StatementDraft,
  Verdict,
} from '@weir/contract';
import { Frontend, frontendLimit, HEADER_BYTES, LENGTH_BYTES } from '../protocol/messages.ts';
import { splitStatements } from '../protocol/split-statements.ts';
import { type Fate, type MessageReader, MessageWalk, PASS, STOP, WAIT } from './message-walk.ts';
import type { Portal, Prepared, Withheld } from './outstanding.ts';
import { PreparedText } from './prepared-text.ts';
import type { SessionState } from './session-state.ts';
import { makeFailingExecute, makeFailingQuery, type RandomBytes } from './withheld.ts';

/**
 * Reads what the client sends: asks for a decision on every statement that is about to run, and keeps
 * the record of what the database will have to answer. It never writes to the client.
 */

/** The server cuts names at this many bytes (NAMEDATALEN - 1); longer ones would become others. */
const NAME_BYTES = 63;
/** Bind's two names and what frames them; the rest of a Bind streams. */
const BIND_HEAD_BYTES = HEADER_BYTES + 2 * (NAME_BYTES + 1);
const PORTAL_LIMIT = 65_536;
const SEMICOLON = 0x3b;
const DROP = Buffer.alloc(0);
const FLUSH = Buffer.from([Frontend.Flush, 0, 0, 0, LENGTH_BYTES]);
const KIND_STATEMENT = 'S'.charCodeAt(0);
const KIND_PORTAL = 'P'.charCodeAt(0);

export class ClientStream implements MessageReader {
  readonly #state: SessionState;
  readonly #actions: RelayActions;
  readonly #limits: MachineLimits;
  readonly #random: RandomBytes;
  readonly #walk: MessageWalk;
  readonly #preparedText: PreparedText;
  /** Decisions on the statements of the message that is being read, in order. */
  #decided: DecidedStatement[] = [];
  #held: Statement | undefined;
  #throttled = false;
  #violation: string | undefined;
  #copyRows = 0;
  #copyFrom = -1;
  #copyTo = 0;

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
  }

  get idle(): boolean {
    return this.#walk.idle;
  }

  receive(chunk: Uint8Array): void {
    this.#walk.receive(chunk);
  }

  stop(): void {
    this.#walk.stop();
  }

  release(verdict: Verdict, ref: string | undefined): void {
    const statement = this.#held;
    if (statement === undefined) return;
    this.#held = undefined;
    this.#decided.push(ref === undefined ? { statement, verdict } : { statement, verdict, ref });
    this.#walk.resume();
  }

  /** The database has caught up; reading from the client goes on. */
  caughtUp(): void {
    if (!this.#throttled || this.#state.queue.length > this.#limits.pipelineDepth / 2) return;
    this.#throttled = false;
    this.#actions.throttle(false);
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
      case Frontend.Execute:
      case Frontend.Describe:
      case Frontend.Close:
        return total;
      default:
        return HEADER_BYTES;
    }
  }

  message(type: number, bytes: Buffer, at: number, total: number): Fate {
    if (this.#copyFrom >= 0 && type !== Frontend.CopyData) this.#tellCopied(bytes);
    if (type === Frontend.Terminate) {
      this.#actions.quit();
      return PASS;
    }
    if (type === Frontend.Sync) return this.#sync();
    // What the database would skip anyway does not leave us: it is not decided, so it must not run.
    if (this.#state.skipping) return DROP;
    const fate = this.#read(type, bytes, at, total);
    if (fate !== WAIT && this.#decided.length > 0) this.#decided = [];
    return fate;
  }

  passed(type: number, _bytes: Buffer, at: number, end: number, first: boolean): void {
    if (type !== Frontend.CopyData) return;
    if (this.#copyFrom < 0) this.#copyFrom = at;
    this.#copyTo = end;
    if (first) this.#copyRows += 1;
  }

  chunkRead(bytes: Buffer): void {
    if (this.#copyFrom >= 0) this.#tellCopied(bytes);
    if (this.#violation !== undefined) {
      this.#actions.violated({ code: 'protocol-violation', message: this.#violation });
      this.#violation = undefined;
      return;
    }
    if (this.#throttled || this.#state.queue.length <= this.#limits.pipelineDepth) return;
    if (!this.#walk.atBoundary) return;
    // The database may hold back answers until it is asked to flush: without this, both would wait.
    this.#throttled = true;
    this.#actions.toDatabase(FLUSH);
    this.#actions.throttle(true);
  }

  forward(bytes: Buffer): void {
    this.#actions.toDatabase(bytes);
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
      case Frontend.Close:
        return this.#describeOrClose(type, bytes, at, total);
      case Frontend.CopyDone:
      case Frontend.CopyFail:
        return this.#copyEnd();
      case Frontend.FunctionCall:
        return this.#functionCall();
      default:
        return PASS;
    }
  }

  #sync(): Fate {
    this.#state.skipping = false;
    const { copy } = this.#state;
    // The database takes a Sync inside a copy for part of it and does not answer.
    if (copy === undefined || copy.ended) this.#state.queue.push({ kind: 'sync' });
    return PASS;
  }

  #copyEnd(): Fate {
    const { copy, queue } = this.#state;
    if (copy !== undefined && !copy.ended) copy.ended = true;
    else if (queue.length > 0) queue.push({ kind: 'copy-end' });
    return PASS;
  }

  #query(bytes: Buffer, at: number, total: number): Fate {
    if (total > this.#limits.statementBytes) return this.#denyQuery(this.#tooLong());
    const start = at + HEADER_BYTES;
    const end = at + total - 1;
    if (bytes.indexOf(0, start) !== end) return this.#violated('invalid query string');
    const semicolon = bytes.indexOf(SEMICOLON, start);
    if (semicolon < 0 || semicolon >= end - 1) {
      const stop = semicolon === end - 1 ? semicolon : end;
      const decided = this.#decide(0, {
        text: this.#state.encoding.decode(bytes, start, stop),
        source: 'text',
      });
      if (decided === undefined) return WAIT;
      return decided.verdict.allow
        ? this.#sendQuery([decided.statement], undefined, PASS)
        : this.#replaceQuery([], decided, bytes.subarray(start, start));
    }
    return this.#queryOfSeveral(bytes, start, end);
  }

  /** Statements are decided in order, up to the first that is denied; the later ones never run. */
  #queryOfSeveral(bytes: Buffer, start: number, end: number): Fate {
    const { encoding, standardStrings } = this.#state;
    if (!encoding.isAsciiSafe(bytes, start, end)) return this.#denyQuery(UNSAFE_ENCODING);
    const text = bytes.subarray(start, end);
    const statements: Statement[] = [];
    let allowed = 0;
    for (const span of splitStatements(text, { standardStrings })) {
      const decided = this.#decide(statements.length, {
        text: encoding.decode(text, span.start, span.end),
        source: 'text',
      });
      if (decided === undefined) return WAIT;
      if (!decided.verdict.allow) {
        return this.#replaceQuery(statements, decided, text.subarray(0, allowed));
      }
      statements.push(decided.statement);
      allowed = span.after;
    }
    return this.#sendQuery(statements, undefined, PASS);
  }

  #sendQuery(statements: readonly Statement[], withheld: Withheld | undefined, fate: Fate): Fate {
    this.#state.send({
      kind: 'query',
      statements,
      withheld,
      current: 0,
      failed: false,
      tally: { rows: 0, bytes: 0 },
    });
    return fate;
  }

  #replaceQuery(statements: readonly Statement[], denied: DecidedStatement, allowed: Buffer): Fate {
    return this.#sendQuery(statements, toWithheld(denied), makeFailingQuery(allowed, this.#random));
  }

  #denyQuery(denial: Denial): Fate {
    return this.#replaceQuery([], this.#actions.deny({ text: '', source: 'text' }, denial), DROP);
  }

  /** The function-call interface runs code without SQL, so nothing could be decided about it. */
  #functionCall(): Fate {
    return this.#denyQuery(FUNCTION_CALL);
  }

  #parse(bytes: Buffer, at: number, total: number): Fate {
    if (total > this.#limits.statementBytes) return this.#denyStep(this.#tooLong());
    const end = at + total;
    const nameEnd = bytes.indexOf(0, at + HEADER_BYTES);
    const textEnd = nameEnd < 0 || nameEnd >= end ? -1 : bytes.indexOf(0, nameEnd + 1);
    if (textEnd < 0 || textEnd >= end) return this.#violated('invalid Parse message');
    if (nameEnd - at - HEADER_BYTES > NAME_BYTES) return this.#denyStep(LONG_NAME);
    const size = textEnd - nameEnd - 1;
    if (!this.#preparedText.take(size)) return this.#denyStep(MANY_STATEMENTS);
    const text = this.#state.encoding.decode(bytes, nameEnd + 1, textEnd);
    const name = bytes.toString('latin1', at + HEADER_BYTES, nameEnd);
    const prepared: Prepared = { text, bytes: size, byName: false, columns: undefined };
    this.#state.send({ kind: 'parse', name, prepared });
    return PASS;
  }

  #bind(bytes: Buffer, at: number, total: number): Fate {
    const end = at + Math.min(total, BIND_HEAD_BYTES);
    const portalEnd = bytes.indexOf(0, at + HEADER_BYTES);
    const nameEnd = portalEnd < 0 || portalEnd >= end ? -1 : bytes.indexOf(0, portalEnd + 1);
    if (nameEnd < 0 || nameEnd >= end) {
      return total > BIND_HEAD_BYTES
        ? this.#denyStep(LONG_NAME)
        : this.#violated('invalid Bind message');
    }
    const { statements, portals } = this.#state;
    if (portalEnd - at - HEADER_BYTES > NAME_BYTES || nameEnd - portalEnd - 1 > NAME_BYTES) {
      return this.#denyStep(LONG_NAME);
    }
    if (portals.size >= PORTAL_LIMIT) return this.#denyStep(MANY_PORTALS);
    const name = bytes.toString('latin1', portalEnd + 1, nameEnd);
    const portal: Portal = {
      prepared: statements.get(name) ?? madeInSql(`EXECUTE "${name.replaceAll('"', '""')}"`),
      columns: undefined,
    };
    const portalName = bytes.toString('latin1', at + HEADER_BYTES, portalEnd);
    this.#state.send({ kind: 'bind', name: portalName, portal });
    return PASS;
  }

  #execute(bytes: Buffer, at: number, total: number): Fate {
    const nameEnd = bytes.indexOf(0, at + HEADER_BYTES);
    if (nameEnd !== at + total - 5) return this.#violated('invalid Execute message');
    const name = bytes.toString('latin1', at + HEADER_BYTES, nameEnd);
    const portal = this.#state.portals.get(name);
    const prepared = portal?.prepared ?? madeInSql(`FETCH FROM "${name.replaceAll('"', '""')}"`);
    const decided = this.#decide(0, {
      text: prepared.text,
      source: prepared.byName ? 'name' : 'prepared',
    });
    if (decided === undefined) return WAIT;
    if (!decided.verdict.allow) {
      this.#state.send({ kind: 'denied', withheld: toWithheld(decided) });
      return makeFailingExecute(this.#random);
    }
    const tally = { rows: 0, bytes: 0 };
    this.#state.send({ kind: 'execute', statement: decided.statement, portal, tally });
    return PASS;
  }

  #describeOrClose(type: number, bytes: Buffer, at: number, total: number): Fate {
    const what = bytes[at + HEADER_BYTES];
    const nameEnd = bytes.indexOf(0, at + HEADER_BYTES + 1);
    if (nameEnd !== at + total - 1 || (what !== KIND_STATEMENT && what !== KIND_PORTAL)) {
      return this.#violated('invalid Describe or Close message');
    }
    if (nameEnd - at - HEADER_BYTES - 1 > NAME_BYTES) return this.#denyStep(LONG_NAME);
    const name = bytes.toString('latin1', at + HEADER_BYTES + 1, nameEnd);
    const { statements, portals } = this.#state;
    if (type === Frontend.Close) {
      this.#state.send({
        kind: 'close',
        what: what === KIND_STATEMENT ? 'statement' : 'portal',
        name,
      });
    } else {
      const record = what === KIND_STATEMENT ? statements.get(name) : portals.get(name);
      this.#state.send({ kind: 'describe', record });
    }
    return PASS;
  }

  /** The decision on the message's `index`-th statement; undefined while it is held. */
  #decide(index: number, draft: StatementDraft): DecidedStatement | undefined {
    const known = this.#decided[index];
    if (known !== undefined) return known;
    const submission = this.#actions.submit(draft);
    if (submission.verdict === 'held') {
      this.#held = submission.statement;
      return undefined;
    }
    this.#decided.push(submission);
    return submission;
  }

  /** Denies a step of the extended protocol that cannot be read or is over a limit. */
  #denyStep(denial: Denial): Fate {
    const decided = this.#actions.deny({ text: '', source: 'prepared' }, denial);
    this.#state.send({ kind: 'denied', withheld: toWithheld(decided) });
    return makeFailingExecute(this.#random);
  }

  #tooLong(): Denial {
    return {
      allow: false,
      code: 'over-limit',
      message: `statement text is longer than ${this.#limits.statementBytes} bytes`,
      rule: 'limits.statement_bytes',
      hint: 'Send the values as parameters, use COPY, or ask for a higher limits.statement_bytes.',
    };
  }

  #violated(what: string): Fate {
    this.#violation = what;
    return STOP;
  }

  #tellCopied(bytes: Buffer): void {
    const wire = bytes.subarray(this.#copyFrom, this.#copyTo);
    const rows = this.#copyRows;
    this.#copyFrom = -1;
    this.#copyRows = 0;
    const { copy } = this.#state;
    if (copy?.statement === undefined || copy.ended) return;
    this.#actions.rows(copy.statement, 'copy-in', rows, wire);
    copy.tally.rows += rows;
    copy.tally.bytes += wire.length;
  }
}

const UNSAFE_ENCODING: Denial = {
  allow: false,
  code: 'not-understood',
  message: 'several statements in one string cannot be told apart under this client_encoding',
  hint: 'Send one statement at a time, or use client_encoding UTF8.',
};

const FUNCTION_CALL: Denial = {
  allow: false,
  code: 'not-understood',
  message: 'the function call sub-protocol is not supported',
  hint: 'Call the function with SELECT.',
};

const LONG_NAME: Denial = {
  allow: false,
  code: 'not-understood',
  message: `names of prepared statements and portals may have ${NAME_BYTES} bytes at most`,
  hint: 'Use shorter names: the database would cut these.',
};

const MANY_PORTALS: Denial = {
  allow: false,
  code: 'over-limit',
  message: `a session may have ${PORTAL_LIMIT} portals at most`,
  hint: 'Close portals that are no longer needed, or end the transaction.',
};

const MANY_STATEMENTS: Denial = {
  allow: false,
  code: 'over-limit',
  message: 'the prepared statements of this session hold too much text',
  rule: 'limits.prepared_bytes',
  hint: 'Close prepared statements that are no longer needed, or ask for a higher limits.prepared_bytes.',
};

function madeInSql(text: string): Prepared {
  return { text, bytes: 0, byName: true, columns: undefined };
}

function toWithheld(decided: DecidedStatement): Withheld {
  const { verdict, ref } = decided;
  if (verdict.allow) throw new TypeError('an allowed statement is not withheld');
  return { denial: verdict, ref };
}

import { Buffer } from 'node:buffer';
import { cstring, int32, message, parameterStatus, report } from './wire-bytes.ts';
import { cutMessages } from './wire-messages.ts';

/**
 * A PostgreSQL that knows a handful of statements, for tests that need millions of conversations. It
 * keeps what matters to a relay: names shared by protocol and SQL, transactions, what an error skips,
 * copies, and answers held back until they are flushed. Statements are told apart by their words:
 * `SELECT n` gives n rows, `FAIL` fails when it runs, `SYNTAX` when it is parsed, and
 * copied data when it is `bad`.
 */
export class ModelServer {
  /** Texts in the order in which they ran to their end or to a row limit. */
  readonly ran: string[] = [];
  /** What it said, message types in order. */
  said = '';
  ended = false;
  readonly #statements = new Map<string, string>();
  #portals = new Map<string, ModelPortal>();
  #transaction: 'I' | 'T' | 'E' = 'I';
  #skipping = false;
  readonly #encoding = new ModelEncoding();
  #copy: { readonly extended: boolean; readonly then: () => void } | undefined;
  /** The message is part of what a relay asks by itself: its client must not see the answer. */
  #asked = false;
  #unread = Buffer.alloc(0);
  #unflushed: Buffer[] = [];
  #flushed: Buffer[] = [];

  /** The answers that may be read now. */
  takeAnswers(): Buffer {
    const answers = Buffer.concat(this.#flushed);
    this.#flushed = [];
    return answers;
  }

  receive(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#unread, bytes]);
    let end = 0;
    while (all.length >= end + 5 && all.length >= end + 1 + all.readInt32BE(end + 1)) {
      end += 1 + all.readInt32BE(end + 1);
    }
    this.#unread = Buffer.from(all.subarray(end));
    for (const each of cutMessages(all.subarray(0, end))) {
      if (!this.ended) this.#message(each.toString('latin1', 0, 1), each.toString('latin1', 5));
    }
  }

  #message(type: string, body: string): void {
    if (this.#copy !== undefined) this.#copyMessage(type, body);
    else if (type === 'S') this.#sync();
    else if (type === 'X') this.ended = true;
    else if (!this.#skipping && !'dcf'.includes(type)) this.#attempt(type, body);
  }

  /** An error of the extended protocol skips what follows; one of a Query only ends its string. */
  #attempt(type: string, body: string): void {
    try {
      if (type === 'Q') this.#query(body.slice(0, -1));
      else this.#step(type, body);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.#fail(error, type !== 'Q');
    }
  }

  #fail(error: ModelError, extended: boolean): void {
    this.#asked = false;
    this.#say(report('E', { S: 'ERROR', V: 'ERROR', C: error.sqlstate, M: error.message }));
    this.#flush();
    if (this.#transaction === 'T') this.#transaction = 'E';
    this.#encoding.rollback();
    this.#endPortals(({ committed }) => committed);
    if (extended) this.#skipping = true;
    else this.#ready();
  }

  #step(type: string, body: string): void {
    const [first = '', second = ''] = body.split('\0');
    const reckons = body.includes('weir_reckons_');
    this.#asked = reckons || body.includes('weir_asks_');
    // The Sync before it was the relay's own.
    if (reckons) this.said = this.said.slice(0, -1);
    const subject = first.slice(1);
    if (type === 'P') this.#parse(first, this.#encoding.decode(second));
    else if (type === 'B') this.#bind(first, second);
    else if (type === 'E')
      this.#execute(first, Buffer.from(body, 'latin1').readInt32BE(first.length + 1));
    else if (type === 'D') this.#describe(first.startsWith('S') ? 'S' : 'P', subject);
    else if (type === 'C') this.#close(first.startsWith('S'), subject);
    else if (type === 'H') this.#flush();
    else throw new Error(`a ${type} has reached the model`);
  }

  #sync(): void {
    this.#skipping = false;
    this.#asked = false;
    this.#ready();
  }

  #ready(): void {
    if (this.#transaction === 'I') this.#commit();
    const changed = this.#encoding.report();
    if (changed !== undefined) this.#say(parameterStatus('client_encoding', changed));
    this.#say(message('Z', Buffer.from(this.#transaction)));
    this.#flush();
  }

  #commit(): void {
    this.#encoding.commit();
    this.#endPortals(({ hold }) => hold);
    for (const portal of this.#portals.values()) portal.committed = true;
  }

  #endPortals(keep: (portal: ModelPortal) => boolean): void {
    this.#portals = new Map([...this.#portals].filter(([, portal]) => keep(portal)));
  }

  #query(body: string): void {
    this.#asked = false;
    this.#statements.delete('');
    const texts = this.#encoding
      .decode(body)
      .split(';')
      .map((each) => each.trim())
      .filter((each) => each !== '');
    if (texts.includes('SYNTAX')) throw new ModelError('42601');
    if (texts.length === 0) this.#say(message('I'));
    this.#runFrom(texts);
  }

  #runFrom(texts: readonly string[]): void {
    const [text, ...rest] = texts;
    if (text === undefined) {
      this.#ready();
      return;
    }
    this.#check(text);
    this.#portals.delete('');
    if (text === 'COPY IN') {
      this.#startCopy(false, () => {
        this.#done(text, 'COPY 1');
        this.#runFrom(rest);
      });
      return;
    }
    if (returnsRows(text)) this.#say(ROW_DESCRIPTION);
    const portal = makePortal(text);
    this.#run(portal, 0);
    this.#runFrom(rest);
  }

  #check(text: string): void {
    if (this.#transaction === 'E' && !/^(COMMIT|ROLLBACK)/.test(text))
      throw new ModelError('25P02');
  }

  #parse(name: string, text: string): void {
    if (name === '') this.#statements.delete('');
    if (text === 'SYNTAX' || text.includes(';')) throw new ModelError('42601');
    this.#check(text);
    if (this.#statements.has(name)) throw new ModelError('42P05');
    this.#statements.set(name, text);
    this.#say(message('1'));
  }

  #bind(portal: string, name: string): void {
    const text = this.#statements.get(name);
    if (text === undefined) throw new ModelError('26000');
    this.#check(text);
    if (portal !== '' && this.#portals.has(portal)) throw new ModelError('42P03');
    this.#portals.set(portal, makePortal(text));
    this.#say(message('2'));
  }

  #describe(kind: 'S' | 'P', name: string): void {
    const text = kind === 'S' ? this.#statements.get(name) : this.#portals.get(name)?.text;
    if (text === undefined) throw new ModelError('26000');
    if (returnsRows(text)) this.#check(text);
    if (kind === 'S') this.#say(message('t', Buffer.alloc(2)));
    this.#say(returnsRows(text) ? ROW_DESCRIPTION : message('n'));
  }

  #close(isStatement: boolean, name: string): void {
    if (isStatement) this.#statements.delete(name);
    else this.#portals.delete(name);
    this.#say(message('3'));
  }

  #execute(name: string, limit: number): void {
    const portal = this.#portals.get(name);
    if (portal === undefined) throw new ModelError('34000');
    this.#check(portal.text);
    if (portal.text === 'COPY IN') {
      this.#startCopy(true, () => this.#done(portal.text, 'COPY 1'));
      return;
    }
    this.#run(portal, limit);
  }

  #run(portal: ModelPortal, limit: number): void {
    const { text } = portal;
    if (text.startsWith('SHOW')) {
      this.#show(text);
      return;
    }
    if (text === '') {
      this.#say(message('I'));
      this.ran.push(text);
      return;
    }
    if (!returnsRows(text)) {
      if (portal.spent) throw new ModelError('55000');
      portal.spent = true;
      this.#done(text, this.#utility(text));
      return;
    }
    const count = limit > 0 ? Math.min(limit, portal.rows) : portal.rows;
    for (let row = 0; row < count; row += 1) this.#say(DATA_ROW);
    portal.rows -= count;
    if (limit > 0 && count === limit) {
      this.ran.push(text);
      this.#say(message('s'));
    } else {
      this.#done(text, `SELECT ${count}`);
    }
  }

  #done(text: string, tag: string): void {
    this.ran.push(text);
    this.#say(message('C', cstring(tag)));
  }

  #utility(text: string): string {
    const [verb = '', name = '', ...rest] = text.split(' ');
    if (verb === 'FAIL' || verb === 'EXECUTE') throw new ModelError('22012');
    if (verb === 'BEGIN') this.#transaction = 'T';
    else if (verb === 'COMMIT' || verb === 'ROLLBACK') this.#endTransaction(verb === 'COMMIT');
    else if (verb === 'SET') this.#encoding.now = name;
    else if (verb === 'COPY') this.#copyOut();
    else if (verb === 'DISCARD') this.#discard();
    else if (verb === 'PREPARE') this.#make(this.#statements, name, rest.slice(1).join(' '));
    else if (verb === 'DECLARE') this.#declare(name, rest);
    else if (verb === 'DEALLOCATE' && name === 'ALL') this.#statements.clear();
    else if (verb === 'DEALLOCATE') take(this.#statements, name);
    else if (verb === 'CLOSE' && name === 'ALL') this.#portals.clear();
    else if (verb === 'CLOSE') take(this.#portals, name);
    else throw new Error(`${text} has reached the model`);
    return verb;
  }

  #endTransaction(commit: boolean): void {
    const failed = this.#transaction === 'E';
    this.#transaction = 'I';
    if (commit && !failed) this.#commit();
    else {
      this.#encoding.rollback();
      this.#endPortals(({ committed }) => committed);
    }
  }

  #show(text: string): void {
    const value = Buffer.from(text.endsWith('encoding') ? this.#encoding.now : 'on');
    this.#say(message('D', Buffer.from([0, 1]), int32(value.length), value));
    this.#say(message('C', cstring('SHOW')));
  }

  #copyOut(): void {
    this.#say(message('H', Buffer.alloc(3)));
    this.#say(message('d', Buffer.from('x')));
    this.#say(message('c'));
  }

  #discard(): void {
    if (this.#transaction !== 'I') throw new ModelError('25001');
    this.#statements.clear();
    this.#portals.clear();
  }

  #declare(name: string, rest: readonly string[]): void {
    const hold = rest.includes('HOLD');
    if (!hold && this.#transaction === 'I') throw new ModelError('25P01');
    this.#make(this.#portals, name, { ...makePortal(rest.slice(-2).join(' ')), hold });
  }

  #make<T>(names: Map<string, T>, name: string, value: T): void {
    if (names.has(name)) throw new ModelError('42P05');
    names.set(name, value);
  }

  #startCopy(extended: boolean, then: () => void): void {
    this.#copy = { extended, then };
    this.#say(message('G', Buffer.alloc(3)));
    this.#flush();
  }

  #copyMessage(type: string, body: string): void {
    const copy = this.#copy;
    const bad = type === 'd' && body === 'bad';
    if (copy === undefined || ('dHS'.includes(type) && !bad)) return;
    this.#copy = undefined;
    if (type === 'c') this.#endCopy(copy.extended, copy.then);
    else if (type === 'f') this.#fail(new ModelError('57014'), copy.extended);
    else if (bad) this.#fail(new ModelError('22P02'), copy.extended);
    else this.#loseSync();
  }

  #endCopy(extended: boolean, then: () => void): void {
    try {
      then();
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.#fail(error, extended);
    }
  }

  /** Any other message in a copy is its end and the connection's. */
  #loseSync(): void {
    this.#say(report('E', { S: 'ERROR', V: 'ERROR', C: '08P01', M: 'unexpected message' }));
    this.#say(report('E', { S: 'FATAL', V: 'FATAL', C: '08P01', M: 'synchronization was lost' }));
    this.#flush();
    this.ended = true;
  }

  #say(bytes: Buffer): void {
    if (!this.#asked) this.said += bytes.toString('latin1', 0, 1);
    this.#unflushed.push(bytes);
  }

  #flush(): void {
    this.#flushed.push(...this.#unflushed);
    this.#unflushed = [];
  }
}

interface ModelPortal {
  readonly text: string;
  readonly hold: boolean;
  rows: number;
  spent: boolean;
  /** Made by a transaction that is over. */
  committed: boolean;
}

/** The client's encoding: it changes at once, ends with its transaction, and is reported when ready. */
class ModelEncoding {
  now = 'UTF8';
  #committed = 'UTF8';
  #reported = 'UTF8';

  decode(bytes: string): string {
    return this.now === 'UTF8' ? Buffer.from(bytes, 'latin1').toString() : bytes;
  }

  commit(): void {
    this.#committed = this.now;
  }

  rollback(): void {
    this.now = this.#committed;
  }

  /** The value, when it is another than the one that was reported last. */
  report(): string | undefined {
    if (this.now === this.#reported) return undefined;
    this.#reported = this.now;
    return this.now;
  }
}

class ModelError extends Error {
  readonly sqlstate: string;

  constructor(sqlstate: string) {
    super('no');
    this.sqlstate = sqlstate;
  }
}

function makePortal(text: string): ModelPortal {
  const rows = Number(/^SELECT (\d+)$/.exec(text)?.[1] ?? 0);
  return { text, hold: false, rows, spent: false, committed: false };
}

function take<T>(names: Map<string, T>, name: string): void {
  if (!names.delete(name)) throw new ModelError('26000');
}

const returnsRows = (text: string): boolean => text.startsWith('SELECT');

const ROW_DESCRIPTION = message('T', Buffer.from([0, 1]), cstring('a'), Buffer.alloc(18));
const DATA_ROW = message('D', Buffer.from([0, 1]), int32(1), Buffer.from('x'));

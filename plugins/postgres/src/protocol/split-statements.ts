/**
 * Finds where the statements of one query string begin and end, by the lexical rules of PostgreSQL's
 * own scanner (src/backend/parser/scan.l) and, for function bodies, of its grammar. It understands no
 * statement: it only knows which semicolons separate. A string that the server cannot parse may come
 * out in any pieces, for the server runs nothing of it.
 */

/** Where one statement stands, without the semicolon and without white space around it. */
interface StatementSpan {
  readonly start: number;
  readonly end: number;
  /** Behind the semicolon that ends it; the text's end when there is none. */
  readonly after: number;
}

interface SplitRules {
  /** Whether a backslash in a plain literal is just a character: `standard_conforming_strings`. */
  readonly standardStrings: boolean;
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const DOLLAR = 0x24;
const QUOTE = 0x27;
const OPEN = 0x28;
const CLOSE = 0x29;
const STAR = 0x2a;
const MINUS = 0x2d;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;

const isSpace = (byte: number | undefined): boolean =>
  byte === SPACE || (byte !== undefined && byte >= TAB && byte <= RETURN);
const isNewline = (byte: number | undefined): boolean => byte === NEWLINE || byte === RETURN;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isIdentifierStart = (byte: number | undefined): boolean =>
  byte !== undefined &&
  ((byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x5f ||
    byte >= 0x80);
const isIdentifierPart = (byte: number | undefined): boolean =>
  isIdentifierStart(byte) || (byte !== undefined && (isDigit(byte) || byte === DOLLAR));

/**
 * The statements of `text`, in order; statements of white space and comments alone are left out, as
 * the server leaves them out. Reading ends once there are `most`.
 */
export function splitStatements(
  text: Buffer,
  rules: SplitRules,
  most = Number.POSITIVE_INFINITY,
): readonly StatementSpan[] {
  const spans: StatementSpan[] = [];
  const end = text.length;
  let body = new RoutineBody();
  let depth = 0;
  let first = -1;
  let last = 0;
  let at = 0;
  while (at < end && spans.length < most) {
    const byte = text[at] as number;
    const gap = skipGap(text, at);
    if (gap > at) {
      at = gap;
      continue;
    }
    if (byte === SEMICOLON && depth === 0 && !body.open) {
      if (first >= 0) {
        spans.push({ start: first, end: last, after: at + 1 });
        body = new RoutineBody();
      }
      first = -1;
      at += 1;
      continue;
    }
    if (first < 0) first = at;
    const next = skipToken(text, at, rules);
    if (byte === OPEN) depth += 1;
    else if (byte === CLOSE && depth > 0) depth -= 1;
    if (depth === 0 && isIdentifierStart(byte)) body.word(text, at, next);
    else body.otherToken(byte);
    at = next;
    last = next;
  }
  if (first >= 0) spans.push({ start: first, end: last, after: end });
  return spans;
}

/** The end of the white space or comment that begins here; `at` itself when there is none. */
function skipGap(text: Buffer, at: number): number {
  const byte = text[at];
  if (isSpace(byte)) return at + 1;
  if (byte === MINUS && text[at + 1] === MINUS) return skipLine(text, at + 2);
  if (byte === SLASH && text[at + 1] === STAR) return skipBlockComment(text, at + 2);
  return at;
}

function skipLine(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length && !isNewline(text[at])) at += 1;
  return at;
}

/** Block comments nest. */
function skipBlockComment(text: Buffer, from: number): number {
  let depth = 1;
  let at = from;
  while (at < text.length && depth > 0) {
    if (text[at] === SLASH && text[at + 1] === STAR) {
      depth += 1;
      at += 2;
    } else if (text[at] === STAR && text[at + 1] === SLASH) {
      depth -= 1;
      at += 2;
    } else at += 1;
  }
  return Math.min(at, text.length);
}

function skipToken(text: Buffer, at: number, rules: SplitRules): number {
  const byte = text[at] as number;
  if (byte === QUOTE) return skipLiteral(text, at + 1, !rules.standardStrings);
  if (byte === DOUBLE_QUOTE) return skipQuotedIdentifier(text, at + 1);
  if (byte === DOLLAR) return skipDollarQuote(text, at);
  if (isDigit(byte)) return skipNumber(text, at);
  if (!isIdentifierStart(byte)) return at + 1;
  const end = skipIdentifier(text, at);
  if (text[end] !== QUOTE || end !== at + 1) return end;
  // A one-letter prefix decides how a literal reads its backslashes.
  const prefix = byte | 0x20;
  if (prefix === 0x65) return skipLiteral(text, end + 1, true);
  if (prefix === 0x62 || prefix === 0x78) return skipLiteral(text, end + 1, false);
  return end;
}

function skipIdentifier(text: Buffer, from: number): number {
  let at = from;
  while (isIdentifierPart(text[at])) at += 1;
  return at;
}

/** A number swallows its digits only: `1$$` is a number and then a dollar quote. */
function skipNumber(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length && isDigit(text[at] as number)) at += 1;
  return at;
}

/** `from` is behind the opening quote. A literal that a newline continues keeps its kind. */
function skipLiteral(text: Buffer, from: number, escapes: boolean): number {
  let at = from;
  while (at < text.length) {
    const byte = text[at];
    if (escapes && byte === BACKSLASH) {
      at += 2;
    } else if (byte !== QUOTE) {
      at += 1;
    } else if (text[at + 1] === QUOTE) {
      at += 2;
    } else {
      const continued = continuation(text, at + 1);
      if (continued < 0) return at + 1;
      at = continued;
    }
  }
  return text.length;
}

/** Behind the quote that continues a literal on a later line, or -1. */
function continuation(text: Buffer, from: number): number {
  let newline = false;
  let at = from;
  while (at < text.length) {
    const byte = text[at];
    if (isSpace(byte)) {
      newline ||= isNewline(byte);
      at += 1;
    } else if (byte === MINUS && text[at + 1] === MINUS) {
      at = skipLine(text, at + 2);
    } else {
      return byte === QUOTE && newline ? at + 1 : -1;
    }
  }
  return -1;
}

function skipQuotedIdentifier(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== DOUBLE_QUOTE) at += 1;
  return Math.min(at + 1, text.length);
}

function skipDollarQuote(text: Buffer, from: number): number {
  let at = from + 1;
  if (isIdentifierStart(text[at])) {
    while (text[at] !== DOLLAR && isIdentifierPart(text[at])) at += 1;
  }
  if (text[at] !== DOLLAR) return from + 1;
  const tag = text.subarray(from, at + 1);
  const close = text.indexOf(tag, at + 1);
  return close < 0 ? text.length : close + tag.length;
}

/**
 * Follows `CREATE [OR REPLACE] FUNCTION|PROCEDURE … BEGIN ATOMIC … END`, the one place where a
 * semicolon stands inside a statement without parentheses. Each statement of such a body ends in a
 * semicolon, and none begins with END (gram.y, routine_body_stmt_list): so the END that closes the
 * body is the one directly behind a semicolon or behind ATOMIC, whatever names and CASEs there are.
 */
class RoutineBody {
  /** The words that can say that the statement makes a routine: the first four. */
  readonly #words: string[] = [];
  #isRoutine = false;
  /** The token before this one: a word of a body, a semicolon, or nothing of interest. */
  #previous: BodyWord | ';' | undefined;
  open = false;

  word(text: Buffer, start: number, end: number): void {
    if (this.#words.length < 4) this.#take(text, start, end);
    if (!this.#isRoutine && this.#words.length === 4) return;
    const word = readBodyWord(text, start, end);
    if (this.open) {
      const closes = this.#previous === ';' || this.#previous === 'atomic';
      this.open = !(word === 'end' && closes);
    } else {
      this.open = word === 'atomic' && this.#previous === 'begin' && this.#isRoutine;
    }
    this.#previous = word;
  }

  otherToken(byte: number): void {
    this.#previous = byte === SEMICOLON ? ';' : undefined;
  }

  #take(text: Buffer, start: number, end: number): void {
    const short = end - start <= LONGEST_WORD;
    this.#words.push(short ? text.toString('latin1', start, end).toLowerCase() : '');
    const [create, a, b, c] = this.#words;
    const kind = a === 'or' && b === 'replace' ? c : a;
    this.#isRoutine = create === 'create' && (kind === 'function' || kind === 'procedure');
  }
}

const LONGEST_WORD = 'procedure'.length;
type BodyWord = 'begin' | 'atomic' | 'end';

/** Compares bytes, since a long text has millions of words. */
function readBodyWord(text: Buffer, start: number, end: number): BodyWord | undefined {
  let word: BodyWord;
  if (end - start === 3) word = 'end';
  else if (end - start === 5) word = 'begin';
  else if (end - start === 6) word = 'atomic';
  else return undefined;
  for (let at = 0; at < word.length; at += 1) {
    if (((text[start + at] as number) | 0x20) !== word.charCodeAt(at)) return undefined;
  }
  return word;
}

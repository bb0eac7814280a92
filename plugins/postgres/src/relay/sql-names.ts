/**
 * Which names a statement's own SQL gives or takes. The protocol and SQL share one space of prepared
 * statements and one of portals, so `DEALLOCATE s; PREPARE s AS ...` makes a name that the protocol
 * gave stand for something else. In doubt every name counts as changed: the relay then no longer
 * claims to know its text. It does not see what functions and DO blocks do.
 */

/** A name that no longer stands for what the protocol said; every name when there is none. */
export interface NameChange {
  readonly what: 'statement' | 'portal';
  readonly name: string | undefined;
}

const NONE: readonly NameChange[] = [];
const EVERY_STATEMENT: NameChange = { what: 'statement', name: undefined };
const EVERY_PORTAL: NameChange = { what: 'portal', name: undefined };

/** Most statements say by their first letter that they are none of those. */
const OTHER_WORD = /^[abe-oq-z]/i;
const FIRST_WORD = /^(prepare|deallocate|declare|close|discard)(?![\w$])/i;
/** A plain or quoted ASCII identifier, and what may stand behind it. Names are not cut below 64 bytes. */
const NAME = /^\s+(?:([a-z_][\w$]{0,62})|"((?:[\x20\x21\x23-\x7e]|""){1,63})")(?=[\s(;]|$)/i;

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const STAR = 0x2a;
const MINUS = 0x2d;
const SLASH = 0x2f;

export function readNameChanges(text: string): readonly NameChange[] {
  if (OTHER_WORD.test(text)) return NONE;
  const statement = text.slice(skipGaps(text));
  const word = FIRST_WORD.exec(statement)?.[1];
  if (word === undefined) return NONE;
  const rest = statement.slice(word.length);
  switch (word.toLowerCase()) {
    case 'prepare':
      return [{ what: 'statement', name: readName(rest) }];
    case 'deallocate':
      return [
        { what: 'statement', name: readTakenName(rest.replace(/^\s+prepare(?=\s+\S)/i, '')) },
      ];
    case 'declare':
      return [{ what: 'portal', name: readName(rest) }];
    case 'close':
      return [{ what: 'portal', name: readTakenName(rest) }];
    default:
      return /^\s+(plans|sequences|temp|temporary)\s*$/i.test(rest)
        ? NONE
        : [EVERY_STATEMENT, EVERY_PORTAL];
  }
}

function readTakenName(text: string): string | undefined {
  return /^\s+all(?![\w$])/i.test(text) ? undefined : readName(text);
}

function readName(text: string): string | undefined {
  const [, plain, quoted] = NAME.exec(text) ?? [];
  return plain?.toLowerCase() ?? quoted?.replaceAll('""', '"');
}

/**
 * Behind the white space and comments that come first. Text can be long and nothing else, so that it is
 * read by character codes: a pattern or a substring at each would cost many times as much.
 */
function skipGaps(text: string): number {
  let at = 0;
  for (;;) {
    const from = at;
    while (isSpace(text.charCodeAt(at))) at += 1;
    const code = text.charCodeAt(at);
    if (code === MINUS && text.charCodeAt(at + 1) === MINUS) at = skipLine(text, at + 2);
    else if (code === SLASH && text.charCodeAt(at + 1) === STAR)
      at = skipBlockComment(text, at + 2);
    if (at === from) return at;
  }
}

function skipLine(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE || code === RETURN) return at;
  }
  return text.length;
}

/** Block comments nest. */
function skipBlockComment(text: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < text.length && depth > 0) {
    const code = text.charCodeAt(at);
    const opens = code === SLASH && text.charCodeAt(at + 1) === STAR;
    const closes = code === STAR && text.charCodeAt(at + 1) === SLASH;
    if (opens) depth += 1;
    else if (closes) depth -= 1;
    at += opens || closes ? 2 : 1;
  }
  return at;
}

/** What the server's scanner takes for white space (scan.l). */
function isSpace(code: number): boolean {
  return code === SPACE || (code >= TAB && code <= RETURN);
}

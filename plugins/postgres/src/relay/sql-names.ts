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

/** Behind the white space and comments that come first. */
function skipGaps(text: string): number {
  let at = 0;
  for (;;) {
    const from = at;
    while (/\s/.test(text.charAt(at))) at += 1;
    if (text.startsWith('--', at)) {
      while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at += 1;
    } else if (text.startsWith('/*', at)) {
      at = skipBlockComment(text, at);
    }
    if (at === from) return at;
  }
}

function skipBlockComment(text: string, from: number): number {
  let depth = 0;
  let at = from;
  do {
    if (text.startsWith('/*', at)) depth += 1;
    else if (text.startsWith('*/', at)) depth -= 1;
    at += text.startsWith('/*', at) || text.startsWith('*/', at) ? 2 : 1;
  } while (depth > 0 && at < text.length);
  return at;
}

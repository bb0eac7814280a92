import type { Denial } from '@weir/contract';

/** What the machine itself denies, because it cannot be read or is over a limit. */

/** The server cuts names at this many bytes (NAMEDATALEN - 1); longer ones would become others. */
export const NAME_BYTES = 63;
/** The server converts names to its own encoding before it cuts them; only these stay as they are. */
const SURE_NAME = new RegExp(`^[^\\x80-\\xff]{0,${NAME_BYTES}}$`);

/** Whether a name, one character a byte, means the same to the server under every encoding. */
export function isSureName(name: string): boolean {
  return SURE_NAME.test(name);
}

export const PORTAL_LIMIT = 65_536;

export function tooLong(statementBytes: number): Denial {
  return {
    allow: false,
    code: 'over-limit',
    message: `statement text is longer than ${statementBytes} bytes`,
    rule: 'limits.statement_bytes',
    hint: 'Send the values as parameters, use COPY, or ask for a higher limits.statement_bytes.',
  };
}

export function tooMany(statementsPerQuery: number): Denial {
  return {
    allow: false,
    code: 'over-limit',
    message: `the string holds more than ${statementsPerQuery} statements`,
    rule: 'limits.statements_per_query',
    hint: 'Send fewer at a time, or ask for a higher limits.statements_per_query.',
  };
}

export const UNREADABLE_TEXT: Denial = {
  allow: false,
  code: 'not-understood',
  message: 'the statement text cannot be read under this client_encoding',
  hint: 'Use client_encoding UTF8.',
};

export const UNSAFE_ENCODING: Denial = {
  allow: false,
  code: 'not-understood',
  message: 'several statements in one string cannot be told apart under this client_encoding',
  hint: 'Send one statement at a time, or use client_encoding UTF8.',
};

export const UNSETTLED: Denial = {
  allow: false,
  code: 'not-understood',
  message: 'how this text reads may depend on statements that came before it in the same batch',
  hint: 'End the batch with Sync before a query string.',
};

export const FUNCTION_CALL: Denial = {
  allow: false,
  code: 'not-understood',
  message: 'a function may not be called by its number, but for those of large objects',
  hint: 'Call the function with SELECT.',
};

export const UNSURE_NAME: Denial = {
  allow: false,
  code: 'not-understood',
  message: `names of prepared statements and portals may have ${NAME_BYTES} ASCII characters at most`,
  hint: 'Use other names: the database may cut these, or take them for others in another encoding.',
};

export const MANY_PORTALS: Denial = {
  allow: false,
  code: 'over-limit',
  message: `a session may have ${PORTAL_LIMIT} portals at most`,
  hint: 'Close portals that are no longer needed, or end the transaction.',
};

export const MANY_STATEMENTS: Denial = {
  allow: false,
  code: 'over-limit',
  message: 'the prepared statements of this session hold too much text',
  rule: 'limits.prepared_bytes',
  hint: 'Close prepared statements that are no longer needed, or ask for a higher limits.prepared_bytes.',
};

/**
 * Message type bytes of the PostgreSQL frontend/backend protocol, version 3, and the lengths that the
 * server itself accepts. It decodes nothing.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

const code = (letter: string): number => letter.charCodeAt(0);

/** Sent by the client. */
export const Frontend = {
  Bind: code('B'),
  Close: code('C'),
  CopyData: code('d'),
  CopyDone: code('c'),
  CopyFail: code('f'),
  Describe: code('D'),
  Execute: code('E'),
  Flush: code('H'),
  FunctionCall: code('F'),
  Parse: code('P'),
  Password: code('p'),
  Query: code('Q'),
  Sync: code('S'),
  Terminate: code('X'),
} as const;

/** Sent by the database. */
export const Backend = {
  BindComplete: code('2'),
  CloseComplete: code('3'),
  CommandComplete: code('C'),
  CopyBothResponse: code('W'),
  CopyData: code('d'),
  CopyDone: code('c'),
  CopyInResponse: code('G'),
  CopyOutResponse: code('H'),
  DataRow: code('D'),
  EmptyQueryResponse: code('I'),
  ErrorResponse: code('E'),
  FunctionCallResponse: code('V'),
  NoData: code('n'),
  NoticeResponse: code('N'),
  NotificationResponse: code('A'),
  ParameterDescription: code('t'),
  ParameterStatus: code('S'),
  ParseComplete: code('1'),
  PortalSuspended: code('s'),
  ReadyForQuery: code('Z'),
  RowDescription: code('T'),
} as const;

/** A message's type byte and its length, which counts itself but not the type. */
export const HEADER_BYTES = 5;
export const LENGTH_BYTES = 4;

/** PQ_LARGE_MESSAGE_LIMIT and PQ_SMALL_MESSAGE_LIMIT of the server (src/include/libpq/libpq.h). */
const LARGE_MESSAGE = 0x3fffffff - 1;
const SMALL_MESSAGE = 10_000;

const LARGE_FRONTEND: ReadonlySet<number> = new Set([
  Frontend.Bind,
  Frontend.CopyData,
  Frontend.FunctionCall,
  Frontend.Parse,
  Frontend.Query,
]);

const KNOWN_FRONTEND: ReadonlySet<number> = new Set<number>(
  Object.values(Frontend).filter((type) => type !== Frontend.Password),
);

/** The longest message of this type that the server takes from a client; 0 for an unknown type. */
export function frontendLimit(type: number): number {
  if (!KNOWN_FRONTEND.has(type)) return 0;
  return LARGE_FRONTEND.has(type) ? LARGE_MESSAGE : SMALL_MESSAGE;
}

/** The longest message that a server sends. */
export const BACKEND_LIMIT = 0x3fffffff;

/** The transaction status byte of ReadyForQuery when no transaction is open. */
export const STATUS_IDLE = code('I');

/** All of them: no transaction, in a transaction, in a failed one. */
export const STATUSES: ReadonlySet<number> = new Set([STATUS_IDLE, code('T'), code('E')]);

import type { Buffer } from 'node:buffer';
import { HEADER_BYTES } from './messages.ts';

/**
 * Reads the names and texts of the extended query protocol's messages. `at` is the message's type
 * byte, `end` the end of what is there of it. An answer is undefined when the message is malformed.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

/** Where a string without its zero byte ends, or -1. Names are short: a loop beats a search. */
function findZero(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at += 1) if (bytes[at] === 0) return at;
  return -1;
}

/** Names are compared: one character a byte, in any encoding. */
function readName(bytes: Buffer, start: number, end: number): string {
  return start === end ? '' : bytes.toString('latin1', start, end);
}

/** 'P' int32 length, cstring name, cstring text, then the parameter types. */
interface ParseHead {
  readonly name: string;
  readonly textStart: number;
  readonly textEnd: number;
}

export function decodeParse(bytes: Buffer, at: number, end: number): ParseHead | undefined {
  const start = at + HEADER_BYTES;
  const nameEnd = findZero(bytes, start, end);
  if (nameEnd < 0) return undefined;
  const textEnd = bytes.indexOf(0, nameEnd + 1);
  // The count of the parameter types follows.
  if (textEnd < 0 || textEnd + 2 >= end) return undefined;
  return { name: readName(bytes, start, nameEnd), textStart: nameEnd + 1, textEnd };
}

/** 'B' int32 length, cstring portal, cstring statement, then what the statement is run with. */
interface BindHead {
  readonly portal: string;
  readonly statement: string;
}

export function decodeBind(bytes: Buffer, at: number, end: number): BindHead | undefined {
  const start = at + HEADER_BYTES;
  const portalEnd = findZero(bytes, start, end);
  const nameEnd = portalEnd < 0 ? -1 : findZero(bytes, portalEnd + 1, end);
  if (nameEnd < 0) return undefined;
  return {
    portal: readName(bytes, start, portalEnd),
    statement: readName(bytes, portalEnd + 1, nameEnd),
  };
}

/** 'E' int32 length, cstring portal, int32 row limit. */
export function decodeExecute(bytes: Buffer, at: number, end: number): string | undefined {
  const nameEnd = findZero(bytes, at + HEADER_BYTES, end);
  return nameEnd < 0 || nameEnd !== end - 5
    ? undefined
    : readName(bytes, at + HEADER_BYTES, nameEnd);
}

const KIND_STATEMENT = 'S'.charCodeAt(0);
const KIND_PORTAL = 'P'.charCodeAt(0);

/** What a Describe or Close is about. */
export interface Subject {
  readonly what: 'statement' | 'portal';
  readonly name: string;
}

/** 'D' or 'C' int32 length, byte 'S' or 'P', cstring name. */
export function decodeSubject(bytes: Buffer, at: number, end: number): Subject | undefined {
  const kind = bytes[at + HEADER_BYTES];
  const start = at + HEADER_BYTES + 1;
  const nameEnd = findZero(bytes, start, end);
  if (nameEnd < 0 || nameEnd !== end - 1) return undefined;
  if (kind !== KIND_STATEMENT && kind !== KIND_PORTAL) return undefined;
  const what = kind === KIND_STATEMENT ? 'statement' : 'portal';
  return { what, name: readName(bytes, start, nameEnd) };
}

import type { Buffer } from 'node:buffer';
import type { Column, ColumnView } from '@weir/contract';
import { HEADER_BYTES } from '../protocol/messages.ts';

/** 'T' int32 length, int16 count, per column: cstring name, then the tail. */
const COLUMNS_AT = HEADER_BYTES + 2;

/** Table OID, attribute number, type OID, type size, type modifier and format, behind each name. */
const COLUMN_TAIL_BYTES = 4 + 2 + 4 + 2 + 4 + 2;

/** Whether the RowDescription from `start` to `end` holds the columns that it counts, and no more. */
export function isRowDescription(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < COLUMNS_AT) return false;
  let at = start + COLUMNS_AT;
  for (let left = bytes.readUInt16BE(start + HEADER_BYTES); left > 0; left -= 1) {
    // Names are short: a loop beats a search.
    while (at < end && bytes[at] !== 0) at += 1;
    at += 1 + COLUMN_TAIL_BYTES;
  }
  return at === end;
}

/** The columns of the RowDescription from `start` to `end`, which was found valid. */
export function viewRowDescription(bytes: Buffer, start: number, end: number): ColumnView {
  return {
    count: bytes.readUInt16BE(start + HEADER_BYTES),
    columns: () => decodeRowDescription(bytes.subarray(start, end)),
  };
}

function decodeRowDescription(message: Buffer): readonly Column[] {
  const columns: Column[] = [];
  for (let at = COLUMNS_AT; at < message.length; ) {
    const end = message.indexOf(0, at);
    columns.push({
      name: message.toString('utf8', at, end),
      relation: message.readUInt32BE(end + 1),
      attribute: message.readInt16BE(end + 5),
      type: message.readUInt32BE(end + 7),
      format: message.readInt16BE(end + 17) === 0 ? 'text' : 'binary',
    });
    at = end + 1 + COLUMN_TAIL_BYTES;
  }
  return columns;
}

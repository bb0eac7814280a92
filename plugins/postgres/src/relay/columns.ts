import type { Buffer } from 'node:buffer';
import type { Column, ColumnView } from '@weir/contract';
import { HEADER_BYTES } from '../protocol/messages.ts';

/** 'T' int32 length, int16 count, per column: cstring name, then the tail. */
const COLUMNS_AT = HEADER_BYTES + 2;

/** Table OID, attribute number, type OID, type size, type modifier and format, behind each name. */
const COLUMN_TAIL_BYTES = 4 + 2 + 4 + 2 + 4 + 2;

/** Whether a RowDescription holds the columns that it counts, and nothing else. */
export function isRowDescription(message: Buffer): boolean {
  if (message.length < COLUMNS_AT) return false;
  let at = COLUMNS_AT;
  for (let left = message.readUInt16BE(HEADER_BYTES); left > 0; left -= 1) {
    const end = message.indexOf(0, at);
    if (end < 0) return false;
    at = end + 1 + COLUMN_TAIL_BYTES;
  }
  return at === message.length;
}

/** The columns of one RowDescription; `message` begins with its type byte and was found valid. */
export function viewRowDescription(message: Buffer): ColumnView {
  return {
    count: message.readUInt16BE(HEADER_BYTES),
    columns: () => decodeRowDescription(message),
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

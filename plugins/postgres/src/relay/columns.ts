import type { Buffer } from 'node:buffer';
import type { Column, ColumnView } from '@weir/contract';
import { DecodeError } from '@weir/contract';
import { HEADER_BYTES } from '../protocol/messages.ts';

/** Table OID, attribute number, type OID, type size, type modifier and format, behind each name. */
const COLUMN_TAIL_BYTES = 4 + 2 + 4 + 2 + 4 + 2;

/** The columns of one RowDescription message; `message` begins with its type byte. */
export function viewRowDescription(message: Buffer): ColumnView {
  return {
    count: message.readUInt16BE(HEADER_BYTES),
    columns: () => decodeRowDescription(message),
  };
}

/** 'T' int32 length, int16 count, per column: cstring name, then the tail. */
function decodeRowDescription(message: Buffer): readonly Column[] {
  const count = message.readUInt16BE(HEADER_BYTES);
  const columns: Column[] = [];
  let at = HEADER_BYTES + 2;
  for (let index = 0; index < count; index += 1) {
    const end = message.indexOf(0, at);
    if (end < 0 || end + 1 + COLUMN_TAIL_BYTES > message.length) {
      throw new DecodeError('RowDescription ends in the middle of a column');
    }
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

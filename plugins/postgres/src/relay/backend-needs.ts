import { BACKEND_LIMIT, Backend, HEADER_BYTES, LENGTH_BYTES } from '../protocol/messages.ts';

/** How far each message of the database is read: what is not read streams through. */

/** Severity and SQLSTATE come first in an ErrorResponse; its texts stream. */
export const ERROR_HEAD_BYTES = HEADER_BYTES + 128;
const TAG_LIMIT = 1024;
const PARAMETER_LIMIT = 65_536;
/** 1,664 columns with the longest names stay far below. */
const ROW_DESCRIPTION_LIMIT = 1_048_576;
const READY_BYTES = HEADER_BYTES + 1;

/** The bytes needed of a message of `total` bytes, or why there can be no such message. */
export function neededBytes(type: number, total: number): number | string {
  if (total <= LENGTH_BYTES || total > BACKEND_LIMIT) return 'invalid length';
  switch (type) {
    case Backend.ReadyForQuery:
      return total === READY_BYTES ? total : 'invalid ReadyForQuery';
    case Backend.CommandComplete:
      return total <= TAG_LIMIT ? total : 'command tag too long';
    case Backend.ErrorResponse:
      return Math.min(total, ERROR_HEAD_BYTES);
    case Backend.ParameterStatus:
      return total <= PARAMETER_LIMIT ? total : 'ParameterStatus too long';
    case Backend.RowDescription:
      return total <= ROW_DESCRIPTION_LIMIT ? total : 'RowDescription too long';
    default:
      return HEADER_BYTES;
  }
}

import type { Buffer } from 'node:buffer';

/** What Weir reads of an ErrorResponse. The message texts are not for it. */
export interface ErrorFields {
  readonly sqlstate: string;
  /** FATAL and PANIC end the connection. */
  readonly fatal: boolean;
}

const SEVERITY = 'S'.charCodeAt(0);
const SEVERITY_NONLOCALIZED = 'V'.charCodeAt(0);
const SQLSTATE = 'C'.charCodeAt(0);

/**
 * Reads the fields that come first in every ErrorResponse; `bytes` may end before the message does.
 * Per field: a code byte and a cstring; a zero byte ends the list.
 */
export function readErrorFields(bytes: Buffer, start: number, end: number): ErrorFields {
  let sqlstate = '';
  let severity = '';
  let at = start;
  while (at < end && bytes[at] !== 0) {
    const field = bytes[at];
    const stop = bytes.indexOf(0, at + 1);
    if (stop < 0 || stop >= end) break;
    if (field === SQLSTATE) sqlstate = bytes.toString('latin1', at + 1, stop);
    else if (field === SEVERITY_NONLOCALIZED || (field === SEVERITY && severity === '')) {
      severity = bytes.toString('latin1', at + 1, stop);
    }
    at = stop + 1;
  }
  return { sqlstate, fatal: severity === 'FATAL' || severity === 'PANIC' };
}

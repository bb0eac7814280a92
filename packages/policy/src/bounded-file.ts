import { Buffer } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Reading } from './sources.ts';

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist'],
  ['EACCES', 'cannot be read: permission denied'],
  ['EPERM', 'cannot be read: permission denied'],
  ['ELOOP', 'cannot be read: too many symbolic links'],
  ['ENAMETOOLONG', 'cannot be read: the path is too long'],
]);

/** Reads a regular file of UTF-8 text and at most `maxBytes` bytes. Never throws, never waits. */
export function readTextFile(path: string, maxBytes: number): Reading {
  try {
    const bytes = readBounded(path, maxBytes);
    if (typeof bytes === 'string') return { ok: false, reason: bytes };
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

/** The bytes, or the reason why not. */
function readBounded(path: string, maxBytes: number): Buffer | string {
  // Without O_NONBLOCK a named pipe would hold the process until somebody writes to it.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) return 'is not a regular file';
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (count === 0) return buffer.subarray(0, length);
      length += count;
    }
    return `is larger than ${maxBytes} bytes`;
  } finally {
    closeSync(descriptor);
  }
}

function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 text';
  return REASONS.get(code) ?? 'cannot be read';
}

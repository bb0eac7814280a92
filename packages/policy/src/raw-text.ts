import { Buffer } from 'node:buffer';
import type { Fault } from './fault.ts';
import { MAX_CONFIG_BYTES } from './file-limits.ts';

/** Control characters (C0 without tab and line ends, DEL, C1) and halves of surrogate pairs. */
const FORBIDDEN = /[\p{Cc}\p{Cs}]/gu;
const ALLOWED: ReadonlySet<string> = new Set(['\t', '\n', '\r']);

/** What is wrong with a configuration's text before it is read as YAML. */
export function textFaults(text: string): Fault[] {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    return [
      {
        offset: 0,
        message: 'the file is too large',
        expected: `at most ${MAX_CONFIG_BYTES} bytes`,
      },
    ];
  }
  if (text.trim() === '') return [{ offset: 0, message: 'the file is empty' }];
  const faults: Fault[] = [];
  for (const match of text.matchAll(FORBIDDEN)) {
    if (ALLOWED.has(match[0])) continue;
    faults.push({
      offset: match.index,
      message: `the character ${codePoint(match[0])} is not allowed`,
    });
  }
  return faults;
}

function codePoint(character: string): string {
  const digits = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${digits.padStart(4, '0')}`;
}

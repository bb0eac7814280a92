import type { Buffer } from 'node:buffer';
import fc from 'fast-check';

/** How a stretch of bytes arrives. */
export type Split = (bytes: Buffer) => readonly Buffer[];

export const whole: Split = (bytes) => [bytes];

export const byteByByte: Split = (bytes) => piecesOf(bytes, [1]);

/** Sizes of successive chunks, used again from the start when they run out. */
export const randomSplit: fc.Arbitrary<Split> = fc
  .array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 })
  .map((sizes) => (bytes: Buffer) => piecesOf(bytes, sizes));

function piecesOf(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

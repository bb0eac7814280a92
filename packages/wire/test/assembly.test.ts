import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Assembly } from '../src/index.ts';

describe('Assembly', () => {
  it('hands a chunk through untouched when nothing is kept', () => {
    const chunk = Buffer.from('abc');
    expect(new Assembly().add(chunk)).toBe(chunk);
  });

  it('says nothing until the needed bytes are there', () => {
    const assembly = new Assembly();
    assembly.keep(Buffer.from('ab'), 5);
    expect(assembly.add(Buffer.from('cd'))).toBeUndefined();
    expect(assembly.size).toBe(4);
    expect(assembly.add(Buffer.from('ef'))?.toString()).toBe('abcdef');
    expect(assembly.size).toBe(0);
  });

  it('keeps its own copy of small pieces, so a reused read buffer cannot change them', () => {
    const assembly = new Assembly();
    const piece = Buffer.from('ab');
    assembly.keep(piece, 3);
    piece.fill(0);
    expect(assembly.add(Buffer.from('c'))?.toString()).toBe('abc');
  });

  it('gives every byte once and in order, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 60 }),
        (chunks, need) => {
          const assembly = new Assembly();
          const out: Buffer[] = [];
          for (const chunk of chunks) {
            const bytes = assembly.add(chunk);
            if (bytes === undefined) continue;
            if (bytes.length < need) assembly.keep(bytes, need);
            else out.push(Buffer.from(bytes));
          }
          const whole = Buffer.concat(chunks);
          const seen = Buffer.concat(out);
          expect(seen.equals(whole.subarray(0, seen.length))).toBe(true);
          expect(seen.length + assembly.size).toBe(whole.length);
        },
      ),
    );
  });
});

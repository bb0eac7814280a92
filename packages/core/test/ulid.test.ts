import { describe, expect, it } from '@jest/globals';
import { makeUlid } from '../src/ulid.ts';

describe('a ULID', () => {
  it('begins with its moment, as the specification encodes it', () => {
    expect(makeUlid(0)).toMatch(/^0{10}[0-9A-HJKMNP-TV-Z]{16}$/);
    // The example of github.com/ulid/spec.
    expect(makeUlid(1_469_918_176_385)).toMatch(/^01ARYZ6S41[0-9A-HJKMNP-TV-Z]{16}$/);
    expect(makeUlid(2 ** 48 - 1)).toMatch(/^7ZZZZZZZZZ[0-9A-HJKMNP-TV-Z]{16}$/);
    expect(makeUlid(1_469_918_176_385.9).slice(0, 10)).toBe('01ARYZ6S41');
  });

  it('sorts by its moment, and is never the same', () => {
    const moments = [1, 32, 1_000, 1_469_918_176_385, 1_469_918_176_386];
    const ulids = moments.map(makeUlid);
    expect([...ulids].sort()).toEqual(ulids);
    expect(new Set(Array.from({ length: 1_000 }, () => makeUlid(1))).size).toBe(1_000);
  });
});

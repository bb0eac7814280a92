import { randomBytes } from 'node:crypto';

/** Crockford's base 32: no I, L, O or U, so a person can read an id aloud. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

/** A new ULID (github.com/ulid/spec): 48 bits of `now` in milliseconds, then 80 random bits. */
export function makeUlid(now: number): string {
  let time = '';
  for (let rest = Math.floor(now), n = 0; n < TIME_CHARACTERS; n += 1) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (const byte of randomBytes(RANDOM_CHARACTERS)) random += ALPHABET.charAt(byte & 31);
  return time + random;
}

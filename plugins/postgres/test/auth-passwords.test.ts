import { Buffer } from 'node:buffer';
import { pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { md5Password } from '../src/auth/md5.ts';
import { preparePassword } from '../src/auth/prepare-password.ts';
import { SaltedPasswords } from '../src/auth/salted-passwords.ts';

describe('an MD5 password', () => {
  it.each([
    // Computed with Python's hashlib.
    ['user', 'password', Buffer.from([1, 2, 3, 4]), 'md5a3576f1ae039b8996bc4fc2720f9c71a'],
  ])('is salted twice', (user, password, salt, expected) => {
    expect(md5Password(user, password, salt)).toBe(expected);
  });
});

describe('a prepared password', () => {
  it.each([
    ['I\u00adX', 'IX', 'a soft hyphen goes (RFC 4013 §3, example 1)'],
    ['user', 'user', 'plain text stays (example 2)'],
    ['USER', 'USER', 'case stays (example 3)'],
    ['\u00aa', 'a', 'compatibility forms are folded (example 4)'],
    ['\u2168', 'IX', 'a Roman numeral is folded (example 5)'],
    ['a\u00a0b', 'a b', 'a wide space becomes a space'],
    ['\u0007', '\u0007', 'what is prohibited is used as it is (example 6)'],
    ['\u0627\u0031', '\u0627\u0031', 'what mixes directions is used as it is (example 7)'],
    ['\u0221', '\u0221', 'what is unassigned is used as it is'],
    ['', '', 'nothing stays nothing'],
  ])('of %j is %j: %s', (password, prepared) => {
    expect(preparePassword(password)).toBe(prepared);
  });
});

describe('salted passwords', () => {
  it('are the same when they are remembered', () => {
    const salted = new SaltedPasswords();
    const salt = Buffer.from('salt');
    const first = salted.derive('pencil', salt, 10);
    expect(first).toEqual(pbkdf2Sync('pencil', salt, 10, 32, 'sha256'));
    expect(salted.derive('pencil', Buffer.from('salt'), 10)).toBe(first);
    expect(salted.size).toBe(1);
  });

  it('are kept apart by password, salt and iterations', () => {
    const salted = new SaltedPasswords();
    const results = [
      salted.derive('ab', Buffer.from('c'), 2),
      salted.derive('a', Buffer.from('bc'), 2),
      salted.derive('ab', Buffer.from('c'), 22),
      salted.derive('ab', Buffer.from('cd'), 2),
    ].map((bytes) => bytes.toString('hex'));
    expect(new Set(results).size).toBe(4);
  });

  it('are forgotten, the least used first, when there are many', () => {
    const salted = new SaltedPasswords();
    const often = salted.derive('often', Buffer.from('salt'), 1);
    const once = salted.derive('once', Buffer.from('salt'), 1);
    for (let seed = 0; seed < 200; seed += 1) {
      salted.derive(`other ${seed}`, Buffer.from('salt'), 1);
      expect(salted.derive('often', Buffer.from('salt'), 1)).toBe(often);
    }
    expect(salted.size).toBe(64);
    expect(salted.derive('once', Buffer.from('salt'), 1)).not.toBe(once);
  });
});

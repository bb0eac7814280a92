import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Secret } from '../src/index.ts';

const CANARY = 'canary-7f3a';

describe('Secret', () => {
  const secret = new Secret(CANARY);

  it('gives its value to whoever asks for it by name', () => {
    expect(secret.reveal()).toBe(CANARY);
  });

  it.each([
    ['a template', () => `${secret}`],
    ['concatenation', () => `x${String(secret)}`],
    ['JSON', () => JSON.stringify({ secret, deep: [{ secret }] })],
    ['inspect', () => inspect({ secret }, { depth: 9, showHidden: true })],
    ['its keys', () => Object.entries(secret).join()],
    ['a copy', () => inspect({ ...secret })],
    ['an error', () => inspect(new Error('failed', { cause: secret }))],
  ])('does not show in %s', (_where, print) => {
    expect(print()).not.toContain(CANARY);
  });
});

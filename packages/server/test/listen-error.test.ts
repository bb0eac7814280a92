import { describe, expect, it } from '@jest/globals';
import { ListenError } from '../src/listen-error.ts';

const PLACE = { key: 'listen.postgres', host: '::1', port: 432 };

/** The message for a failure that the system gives this code. */
function messageOf(code: string): string {
  return new ListenError(PLACE, Object.assign(new Error('bind failed'), { code })).message;
}

describe('a listener that cannot be opened', () => {
  it.each([
    ['EACCES', 'the system does not permit it', /^Choose a port from 1024 on, or give .*\.$/],
    ['ENOTFOUND', 'the name has no address', /^Choose an IP address\.$/],
    ['EAI_AGAIN', 'the name cannot be looked up now', /^Choose an IP address\.$/],
    ['EINVAL', 'the system refuses', /^Choose another address\.$/],
  ])('says why and what to do on %s', (code, why, remedy) => {
    const [first, second, ...rest] = messageOf(code).split('\n');
    expect(first).toBe(`listen.postgres: cannot listen on [::1]:432: ${why} (${code})`);
    expect(second).toMatch(remedy);
    expect(rest).toEqual([]);
  });
});

import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@weir/contract';
import { withTokenLock } from '../src/token-lock.ts';
import { configDirectory, readLogins, storeLogin } from '../src/token-store.ts';
import { makeTerminal, type TestTerminal } from './signed-in.ts';

let terminal: TestTerminal;
let file: string;

beforeEach(async () => {
  terminal = await makeTerminal();
  file = join(terminal.directory, 'tokens.json');
});

afterEach(async () => {
  await terminal.remove();
});

function store(issuer: string, token: string): Promise<void> {
  const login = {
    issuer,
    clientId: 'weir',
    audience: 'weir',
    user: 'ana@acme.com',
    token: new Secret(token),
    expiresAt: 1000,
    refreshToken: new Secret(`${token}-refresh`),
  };
  return withTokenLock(terminal.directory, () => storeLogin(terminal.directory, login, issuer));
}

describe('the store of tokens', () => {
  it.each([
    [{ XDG_CONFIG_HOME: '/home/ana/cfg', HOME: '/home/ana' }, '/home/ana/cfg/weir'],
    [{ HOME: '/home/ana' }, '/home/ana/.config/weir'],
    [{ XDG_CONFIG_HOME: '', HOME: '/home/ana' }, '/home/ana/.config/weir'],
    [{ XDG_CONFIG_HOME: 'relative', HOME: '/home/ana' }, '/home/ana/.config/weir'],
  ])('lies where the environment %j says', (env, directory) => {
    expect(configDirectory(env)).toBe(directory);
  });

  it('is empty before anybody signed in', async () => {
    expect(await readLogins(terminal.directory)).toEqual({ current: undefined, logins: [] });
  });

  it('gives back what was stored, for each issuer', async () => {
    await store('https://a.example', 'first');
    await store('https://b.example', 'second');
    await store('https://a.example', 'third');
    const { current, logins } = await readLogins(terminal.directory);

    expect(current).toBe('https://a.example');
    expect(logins.map(({ issuer, token }) => [issuer, token.reveal()])).toEqual([
      ['https://b.example', 'second'],
      ['https://a.example', 'third'],
    ]);
    expect(logins[1]?.refreshToken?.reveal()).toBe('third-refresh');
  });

  it('is closed to others, also where the directory stood open', async () => {
    await mkdir(terminal.directory, { mode: 0o755 });
    await store('https://a.example', 'first');

    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(terminal.directory)).mode & 0o777).toBe(0o700);
  });

  it('leaves no draft and no lock behind', async () => {
    await store('https://a.example', 'first');

    expect(await readdir(terminal.directory)).toEqual(['tokens.json']);
  });

  it('loses nothing when several processes store at once', async () => {
    const issuers = Array.from({ length: 8 }, (_, index) => `https://${index}.example`);
    await Promise.all(issuers.map((issuer) => store(issuer, 'token')));
    const { logins } = await readLogins(terminal.directory);

    expect(logins.map(({ issuer }) => issuer).sort()).toEqual(issuers);
  });

  it('shows no token when it is printed or logged', async () => {
    await store('https://a.example', 'hidden-token');
    const logins = await readLogins(terminal.directory);

    expect(`${JSON.stringify(logins)} ${inspect(logins, { depth: 9 })}`).not.toContain('hidden');
  });

  it('is not read when others could have', async () => {
    await store('https://a.example', 'first');
    await chmod(file, 0o640);

    await expect(readLogins(terminal.directory)).rejects.toMatchObject({
      exitCode: 1,
      hint: `Run: chmod 600 ${file}`,
    });
  });

  it.each(['', '{', 'null', '{"version":2,"logins":[]}', '{"version":1,"logins":[{}]}'])(
    'says what to do when the file holds %j',
    async (text) => {
      await mkdir(terminal.directory);
      await writeFile(file, text, { mode: 0o600 });

      await expect(readLogins(terminal.directory)).rejects.toMatchObject({
        message: 'The stored sign-ins cannot be read',
        hint: `Remove ${file} and run: weir login`,
      });
    },
  );

  it('keeps the old file when the new one cannot be written', async () => {
    await store('https://a.example', 'first');
    const before = await readFile(file, 'utf8');
    const broken = { ...(await readLogins(terminal.directory)).logins[0], issuer: 7n };

    await expect(
      Reflect.apply(storeLogin, undefined, [terminal.directory, broken, 'x']),
    ).rejects.toThrow();
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('takes over the lock of a process that is gone', async () => {
    const lock = join(terminal.directory, 'tokens.lock');
    await mkdir(lock, { recursive: true });
    const longAgo = new Date(Date.now() - 120_000);
    await utimes(lock, longAgo, longAgo);
    await store('https://a.example', 'first');

    expect(await readdir(terminal.directory)).toEqual(['tokens.json']);
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@weir/contract';
import { type Issuer, startIssuer } from '@weir/testkit';
import { decodeJwt } from 'jose';
import { withTokenLock } from '../src/token-lock.ts';
import { readLogins, type StoredLogin, storeLogin } from '../src/token-store.ts';
import { logIn, makeTerminal, nextTerminal, runToken, type TestTerminal } from './signed-in.ts';

const HOUR = 60 * 60 * 1000;

let issuer: Issuer;
let terminal: TestTerminal;

beforeAll(async () => {
  issuer = await startIssuer();
});

afterAll(async () => {
  await issuer.close();
});

beforeEach(async () => {
  terminal = await makeTerminal();
});

afterEach(async () => {
  await terminal.remove();
});

function storedFile(): Promise<string> {
  return readFile(join(terminal.directory, 'tokens.json'), 'utf8');
}

/** Stores a sign-in whose token has a minute to go, without a way to renew it. */
async function storeShortLogin(change: Partial<StoredLogin> = {}): Promise<StoredLogin> {
  const login = {
    issuer: issuer.url,
    clientId: 'weir',
    audience: 'weir',
    user: 'ana@acme.com',
    token: new Secret(await issuer.tokenFor('ana')),
    expiresAt: Date.now() + 60_000,
    ...change,
  };
  await withTokenLock(terminal.directory, () =>
    storeLogin(terminal.directory, login, login.issuer),
  );
  return login;
}

describe('weir token', () => {
  it('prints the token and nothing else', async () => {
    const login = await storeShortLogin();
    await runToken(terminal, 'orders-prod');

    expect(terminal.answered()).toBe(`${login.token.reveal()}\n`);
    expect(terminal.told()).toBe('');
  });

  it('answers in JSON when asked to', async () => {
    const login = await storeShortLogin();
    await runToken(terminal, 'orders-prod', '--json');

    expect(JSON.parse(terminal.answered())).toEqual({
      target: 'orders-prod',
      user: 'ana@acme.com',
      token: login.token.reveal(),
      expires_at: new Date(login.expiresAt).toISOString(),
    });
  });

  it('renews a token that has ended, and keeps the new one', async () => {
    await logIn(terminal, 'ana', '--issuer', issuer.url);
    const before = await storedFile();
    const later = await nextTerminal(terminal);
    later.setNow(Date.now() + HOUR);
    await runToken(later, 'orders-prod');

    expect(later.told()).toBe('');
    expect(decodeJwt(later.answered())).toMatchObject({ sub: 'ana', groups: ['engineering'] });
    expect(before).not.toContain(later.answered().trim());
    expect(await storedFile()).toContain(later.answered().trim());
    await later.remove();
  });

  it('renews once when several processes ask at the same time', async () => {
    await logIn(terminal, 'ana', '--issuer', issuer.url);
    const [login] = (await readLogins(terminal.directory)).logins;
    await storeShortLogin({ ...login, expiresAt: 0 });
    const processes = await Promise.all(Array.from({ length: 5 }, () => nextTerminal(terminal)));
    await Promise.all(processes.map((process) => runToken(process, 'orders-prod')));
    const answers = new Set(processes.map((process) => process.answered()));

    expect([...answers]).toEqual([expect.stringMatching(/^eyJ/)]);
    expect(answers).not.toContain(`${login?.token.reveal()}\n`);
    await Promise.all(processes.map((process) => process.remove()));
  });

  it('says that nobody is signed in', async () => {
    await runToken(terminal, 'orders-prod');

    expect(terminal.told()).toBe('weir: You are not signed in\nRun: weir login\n');
    expect(terminal.answered()).toBe('');
    expect(terminal.exitCode()).toBe(3);
  });

  it('says in JSON that nobody is signed in', async () => {
    await runToken(terminal, 'orders-prod', '--json');

    expect(JSON.parse(terminal.told())).toEqual({
      error: 'You are not signed in',
      hint: 'Run: weir login',
    });
    expect(terminal.answered()).toBe('');
  });

  it('says that the sign-in has ended when it cannot be renewed', async () => {
    await storeShortLogin({ expiresAt: Date.now() + 29_000 });
    await runToken(terminal, 'orders-prod');

    expect(terminal.told()).toBe('weir: Your sign-in has ended\nRun: weir login\n');
    expect(terminal.exitCode()).toBe(3);
  });

  it('says that the sign-in has ended when the issuer says so', async () => {
    const refreshToken = new Secret('never-given-out');
    await storeShortLogin({ expiresAt: 0, refreshToken });
    await runToken(terminal, 'orders-prod');

    expect(terminal.told()).toBe('weir: Your sign-in has ended\nRun: weir login\n');
    expect(terminal.exitCode()).toBe(3);
  });

  it('tells an issuer that is away from a sign-in that has ended', async () => {
    const url = 'http://127.0.0.1:1';
    await storeShortLogin({ issuer: url, expiresAt: 0, refreshToken: new Secret('r') });
    await runToken(terminal, 'orders-prod');

    expect(terminal.told()).toContain(`${url} cannot be used as an issuer`);
    expect(terminal.exitCode()).toBe(4);
  });

  it('takes the sign-in at the issuer that is named, and leaves the current one as it is', async () => {
    await storeShortLogin();
    const other = 'https://other.example';
    await storeShortLogin({ issuer: other, token: new Secret('the-other-token') });
    await runToken(terminal, 'orders-prod', '--issuer', issuer.url);

    expect(decodeJwt(terminal.answered())).toMatchObject({ iss: issuer.url });
    expect(JSON.parse(await storedFile())).toMatchObject({ current: other });
  });

  it('does not give one issuer the sign-in at another', async () => {
    await storeShortLogin();
    await runToken(terminal, 'orders-prod', '--issuer', 'https://other.example');

    expect(terminal.answered()).toBe('');
    expect(terminal.told()).toContain('Run: weir login --issuer https://other.example');
  });
});

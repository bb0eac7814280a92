import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Issuer, startIssuer } from '@weir/testkit';
import { decodeJwt } from 'jose';
import {
  logIn,
  makeTerminal,
  nextTerminal,
  runLogin,
  runToken,
  type TestTerminal,
} from './signed-in.ts';

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

describe('weir login', () => {
  it('shows a page and a code, waits for the person, and keeps the tokens for weir token', async () => {
    await logIn(terminal, 'ana', '--issuer', issuer.url);

    expect(terminal.exitCode()).toBe(0);
    expect(terminal.told()).toBe('');
    expect(terminal.answered()).toMatch(/device\?user_code=\w{4}-\w{4}\n {4}\w{4}-\w{4}\n/);
    expect(terminal.answered()).toContain('Signed in as ana@acme.com');

    const next = await nextTerminal(terminal);
    await runToken(next, 'orders-prod');
    expect(decodeJwt(next.answered())).toMatchObject({ sub: 'ana', aud: 'weir', iss: issuer.url });
    await next.remove();
  });

  it('keeps the tokens where only their owner can read them', async () => {
    await logIn(terminal, 'ana', '--issuer', issuer.url);

    const file = await stat(join(terminal.directory, 'tokens.json'));
    expect(file.mode & 0o777).toBe(0o600);
    expect((await stat(terminal.directory)).mode & 0o777).toBe(0o700);
  });

  it('prints no token, neither to the person nor to a script', async () => {
    await logIn(terminal, 'ana', '--issuer', issuer.url);
    await logIn(terminal, 'ana', '--json');
    const stored = await readFile(join(terminal.directory, 'tokens.json'), 'utf8');
    const secrets = [...stored.matchAll(/"(?:token|refreshToken)": "([^"]+)"/g)];

    expect(secrets).toHaveLength(2);
    for (const [, secret] of secrets) {
      expect(terminal.answered() + terminal.told()).not.toContain(secret);
    }
    expect(terminal.answered()).not.toContain('eyJ');
  });

  it('answers in JSON, one object a line', async () => {
    await logIn(terminal, 'omar', '--issuer', issuer.url, '--json');
    const lines = terminal.answered().trimEnd().split('\n');

    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        event: 'confirm',
        url: expect.stringContaining(`${issuer.url}/device?user_code=`),
        code: expect.stringMatching(/^\w{4}-\w{4}$/),
        expires_in: 600,
      },
      {
        event: 'signed-in',
        user: 'omar@acme.com',
        issuer: issuer.url,
        expires_at: expect.stringMatching(/Z$/),
      },
    ]);
  });

  it('signs in where the configuration says', async () => {
    const config = join(terminal.home, 'weir.yaml');
    await writeFile(
      config,
      [
        'version: 1',
        'identity:',
        '  issuers:',
        '    - { name: ci, url: https://ci.example, audience: weir, kind: service }',
        `    - { name: embedded, url: "${issuer.url}", audience: weir }`,
        `targets: { orders: { upstream: { password: "\${env:NOBODY_SET_THIS}" } } }`,
      ].join('\n'),
    );
    await logIn(terminal, 'vera', '--config', config);

    expect(terminal.answered()).toContain('Signed in as vera@acme.com');
  });

  it('tells that the person said no', async () => {
    await logIn(terminal, undefined, '--issuer', issuer.url);

    expect(terminal.told()).toBe('weir: The sign-in was refused\n');
    expect(terminal.exitCode()).toBe(5);
  });

  it('keeps no token that is not made for Weir', async () => {
    await logIn(terminal, 'ana', '--issuer', issuer.url, '--audience', 'payroll');

    expect(terminal.told()).toContain('no token for the audience payroll');
    expect(terminal.told()).toContain('It gave tokens for: weir');
    expect(terminal.exitCode()).toBe(4);
    await expect(stat(terminal.directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['has no issuer', [], 1, 'There is no issuer to sign in at'],
    ['is given an open address', ['--issuer', 'http://issuer.example'], 1, 'must be an https URL'],
    ['is given no address', ['--issuer', 'acme'], 1, 'must be an https URL'],
    ['finds nobody there', ['--issuer', 'http://127.0.0.1:1'], 4, 'cannot be used as an issuer'],
    ['finds no configuration', ['--config', '/nonexistent/weir.yaml'], 1, 'cannot be read'],
  ])('fails with a sentence and a code when it %s', async (_case, options, code, sentence) => {
    await runLogin(terminal, ...options);

    expect(terminal.told()).toContain(sentence);
    expect(terminal.answered()).toBe('');
    expect(terminal.exitCode()).toBe(code);
  });

  it('says that the issuer does not know this client', async () => {
    await runLogin(terminal, '--issuer', issuer.url, '--client-id', 'stranger');

    expect(terminal.told()).toContain('does not take this client');
    expect(terminal.exitCode()).toBe(4);
  });

  it('takes issuer and client from the environment', async () => {
    const ci = await makeTerminal({ WEIR_ISSUER: issuer.url, WEIR_CLIENT_ID: 'stranger' });
    await runLogin(ci);

    expect(ci.told()).toContain(`${issuer.url} does not take this client`);
    await ci.remove();
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WeirError } from '@weir/contract';
import { type KeyServer, makeCertificates, makeSigningKey, startKeyServer } from '@weir/testkit';
import { makeOidcAuthenticator } from '../src/index.ts';
import { type Fixture, loginWith, refused, startFixture } from './fixture.ts';

/** Long enough that no token ends in these tests: they are about keys. */
const YEAR = 365 * 24 * 60 * 60;

let fixture: Fixture;
let server: KeyServer;

beforeEach(async () => {
  fixture = await startFixture();
  server = fixture.server;
});

afterEach(async () => {
  await server.close();
});

function tokenOf(key = fixture.key) {
  return key.sign({ ...fixture.claims, exp: fixture.clock.now() / 1000 + YEAR });
}

describe('fetching keys', () => {
  it('happens once for all who log in at the same time', async () => {
    const login = fixture.authenticator();
    const token = await tokenOf();

    const answers = await Promise.all(Array.from({ length: 50 }, () => login(token)));

    expect(answers.filter((answer) => answer.authenticated)).toHaveLength(50);
    expect(server.hits()).toMatchObject({ discovery: 1, keys: 1 });
  });

  it('does not happen before somebody logs in', () => {
    fixture.authenticator();

    expect(server.hits()).toMatchObject({ discovery: 0, keys: 0 });
  });

  it('does not happen for tokens of issuers that are not trusted', async () => {
    const login = fixture.authenticator();
    const token = await fixture.key.sign({ ...fixture.claims, iss: 'https://issuer.example' });

    expect(await login(token)).toEqual(refused('unknown-issuer'));
    expect(server.hits()).toMatchObject({ discovery: 0, keys: 0 });
  });

  it.each([
    ['nothing', {}, 9, 10],
    ['that they last five minutes', { 'cache-control': 'public, max-age=300' }, 4, 5],
    ['that part of that has passed', { 'cache-control': 'max-age=300', age: '180' }, 1, 2],
    ['never to keep them', { 'cache-control': 'no-store' }, 0.4, 0.5],
    ['that they last no time', { 'cache-control': 'max-age=0' }, 0.4, 0.5],
    ['that they last ten years', { 'cache-control': 'max-age=315360000' }, 1439, 1440],
  ])('happens again in time when the issuer says %s', async (_case, headers, within, after) => {
    server.answer({ headers });
    const login = fixture.authenticator();
    await login(await tokenOf());

    fixture.clock.setMinutes(within);
    await login(await tokenOf());
    expect(server.hits().keys).toBe(1);

    fixture.clock.setMinutes(after);
    await login(await tokenOf());
    expect(server.hits().keys).toBe(2);
  });
});

describe('a change of keys', () => {
  it('is noticed by the first token of the new key', async () => {
    const login = fixture.authenticator();
    const old = await tokenOf();
    await login(old);
    const fresh = await makeSigningKey('ES256');
    server.answer({ keys: [fresh.publicJwk, fixture.key.publicJwk] });
    fixture.clock.setMinutes(1);

    expect(await login(await tokenOf(fresh))).toMatchObject({ authenticated: true });
    expect(await login(old)).toMatchObject({ authenticated: true });
  });

  it('shuts the old key out, also for tokens that were taken before', async () => {
    const login = fixture.authenticator();
    const old = await tokenOf();
    expect(await login(old)).toMatchObject({ authenticated: true });
    const fresh = await makeSigningKey('ES256');
    server.answer({ keys: [fresh.publicJwk] });
    fixture.clock.setMinutes(10);

    expect(await login(old)).toEqual(refused('unknown-key'));
  });

  it('cannot be made to fetch more than once in the cooldown by unknown keys', async () => {
    const login = fixture.authenticator();
    await login(await tokenOf());
    fixture.clock.setMinutes(0.5);
    const strangers = await Promise.all(
      Array.from({ length: 10 }, async () => tokenOf(await makeSigningKey('ES256'))),
    );

    for (const token of strangers) {
      expect(await login(token)).toEqual(refused('unknown-key'));
    }
    expect(server.hits().keys).toBe(2);
  });

  it('is looked for once by many tokens of unknown keys at the same time', async () => {
    const login = fixture.authenticator();
    await login(await tokenOf());
    fixture.clock.setMinutes(0.5);
    const stranger = await tokenOf(await makeSigningKey('ES256'));

    const answers = await Promise.all(Array.from({ length: 20 }, () => login(stranger)));

    expect(answers).toEqual(Array.from({ length: 20 }, () => refused('unknown-key')));
    expect(server.hits().keys).toBe(2);
  });

  it('is found again after the clock was set back', async () => {
    const login = fixture.authenticator();
    await login(await tokenOf());
    fixture.clock.setMinutes(-60);
    const fresh = await makeSigningKey('ES256');
    server.answer({ keys: [fresh.publicJwk] });
    const claims: Record<string, unknown> = { ...fixture.claims, iat: undefined };
    const token = await fresh.sign(claims);

    expect(await login(token)).toMatchObject({ authenticated: true });
  });
});

describe('an outage of the issuer', () => {
  it('before any key was fetched lets nobody in, and ends when the issuer is back', async () => {
    server.answer({ state: 'down' });
    const login = fixture.authenticator();
    const token = await tokenOf();
    expect(await login(token)).toEqual(refused('issuer-unreachable'));

    server.answer({ state: 'up' });
    fixture.clock.setMinutes(0.1);
    expect(await login(token)).toMatchObject({ authenticated: true });
  });

  it('is not answered by asking ever faster', async () => {
    server.answer({ state: 'down' });
    const login = fixture.authenticator();
    const token = await tokenOf();
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect(await login(token)).toEqual(refused('issuer-unreachable'));
    }

    expect(server.hits().discovery).toBe(1);
  });

  it('goes unnoticed while the keys are current', async () => {
    const login = fixture.authenticator();
    await login(await tokenOf());
    server.answer({ state: 'down' });
    fixture.clock.setMinutes(9);

    expect(await login(await tokenOf())).toMatchObject({ authenticated: true });
    expect(server.hits().discovery).toBe(1);
  });

  it('is bridged by outdated keys for an hour, and not a moment longer', async () => {
    const login = fixture.authenticator();
    const remembered = await tokenOf();
    await login(remembered);
    server.answer({ state: 'down' });

    for (const minutes of [10, 11, 40, 69.9]) {
      fixture.clock.setMinutes(minutes);
      expect(await login(await tokenOf())).toMatchObject({ authenticated: true });
    }
    for (const minutes of [70, 71, 600]) {
      fixture.clock.setMinutes(minutes);
      expect(await login(await tokenOf())).toEqual(refused('issuer-unreachable'));
      expect(await login(remembered)).toEqual(refused('issuer-unreachable'));
    }
  });

  it('does not hold up those whom outdated keys let in', async () => {
    const login = fixture.authenticator();
    const token = await tokenOf();
    await login(token);
    server.answer({ state: 'down' });
    fixture.clock.setMinutes(10);
    await login(token);

    server.answer({ state: 'silent' });
    fixture.clock.setMinutes(11);
    expect(await login(token)).toMatchObject({ authenticated: true });
  });

  it('says of an unknown key only that the issuer cannot be asked', async () => {
    const login = fixture.authenticator();
    await login(await tokenOf());
    server.answer({ state: 'down' });
    fixture.clock.setMinutes(1);

    expect(await login(await tokenOf(await makeSigningKey('ES256')))).toEqual(
      refused('issuer-unreachable'),
    );
  });

  it('ends a wait for an answer that does not come', async () => {
    server.answer({ state: 'silent' });
    const login = fixture.authenticator({}, { limits: { requestTimeoutMs: 50 } });

    expect(await login(await tokenOf())).toEqual(refused('issuer-unreachable'));
  });

  it('is told to the operator with its cause, once for each attempt', async () => {
    server.answer({ state: 'down' });
    const faults: [string, WeirError][] = [];
    const onIssuerFault = (issuer: string, fault: WeirError) => faults.push([issuer, fault]);
    const login = fixture.authenticator({}, { onIssuerFault });
    const token = await tokenOf();
    await Promise.all([login(token), login(token)]);

    expect(faults).toHaveLength(1);
    expect(faults[0]?.[0]).toBe('acme');
    expect(faults[0]?.[1]).toMatchObject({
      code: 'ERR_ISSUER_UNREACHABLE',
      message: 'No keys from issuer acme: other side closed',
      cause: expect.any(Error),
    });
  });
});

describe("an issuer's documents", () => {
  it.each([
    ['of another issuer', { issuer: 'https://issuer.example' }],
    ['of the issuer with a slash more', { issuer: 'SLASH' }],
    ['without an issuer', { issuer: undefined }],
    ['without keys', { jwks_uri: undefined }],
    ['with keys at no URL', { jwks_uri: 'keys' }],
    ['with keys in a file', { jwks_uri: 'file:///etc/passwd' }],
    ['with keys at an open address elsewhere', { jwks_uri: 'http://issuer.example/keys' }],
  ])('are not taken: a discovery document %s', async (_case, document: Record<string, unknown>) => {
    const slash = document['issuer'] === 'SLASH' ? { issuer: `${server.url}/` } : {};
    server.answer({ document: { ...document, ...slash } });

    expect(await fixture.authenticator()(await tokenOf())).toEqual(refused('issuer-unreachable'));
    expect(server.hits()).toMatchObject({ discovery: 1, keys: 0 });
  });

  it.each([
    ['that is no JSON', 'keys'],
    ['that is null', 'null'],
    ['without a list', '{"keys":{}}'],
    ['of no keys at all', '{"keys":["k"]}'],
    ['of more bytes than the limit', JSON.stringify({ keys: [], padding: 'x'.repeat(2 ** 20) })],
  ])('are not taken: a key set %s', async (_case, text) => {
    server.answer({ text });

    expect(await fixture.authenticator()(await tokenOf())).toEqual(refused('issuer-unreachable'));
  });

  it('are not looked for where a redirect points', async () => {
    const elsewhere = await startKeyServer([fixture.key.publicJwk]);
    server.answer({ location: `${elsewhere.url}/keys` });
    const answer = await fixture.authenticator()(await tokenOf());
    await elsewhere.close();

    expect(answer).toEqual(refused('issuer-unreachable'));
    expect(elsewhere.hits().keys).toBe(0);
  });

  it('do no harm by keys that cannot be used beside those that can', async () => {
    server.answer({
      keys: [
        { kty: 'oct', k: 'c2VjcmV0', kid: 'shared' },
        { kty: 'XYZ', kid: 'strange' },
        { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'broken' },
        fixture.key.publicJwk,
      ],
    });
    const login = fixture.authenticator();
    const token = await fixture.key.sign({ ...fixture.claims }, { kid: 'broken' });

    expect(await login(await tokenOf())).toMatchObject({ authenticated: true });
    expect(await login(token)).toEqual(refused('unknown-key'));
  });

  it('with an RSA key that is too short let nobody in by it', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const weak = { ...publicKey.export({ format: 'jwk' }), kty: 'RSA', kid: 'weak' };
    server.answer({ keys: [weak] });
    const strong = await makeSigningKey('RS256', 'weak');

    expect(await fixture.authenticator()(await tokenOf(strong))).toEqual(refused('unknown-key'));
  });

  it('with keys made for encryption let nobody in by them', async () => {
    server.answer({ keys: [{ ...fixture.key.publicJwk, use: 'enc' }] });

    expect(await fixture.authenticator()(await tokenOf())).toEqual(refused('unknown-key'));
  });

  it('come over TLS from an issuer whose authority is given, and only then', async () => {
    const certificates = await makeCertificates({ hosts: ['127.0.0.1'] });
    const secured = await startKeyServer([fixture.key.publicJwk], certificates);
    const token = await fixture.key.sign({ ...fixture.claims, iss: secured.url });
    const issuer = { name: 'secured', url: secured.url, audience: 'weir' };
    const trusting = loginWith({
      issuers: [{ ...issuer, caCertificate: certificates.ca }],
      now: fixture.clock.now,
    });
    const wary = loginWith({ issuers: [issuer], now: fixture.clock.now });
    const answers = [await trusting(token), await wary(token)];
    await secured.close();

    expect(answers).toEqual([
      expect.objectContaining({ authenticated: true }),
      refused('issuer-unreachable'),
    ]);
  });
});

describe('a remembered token', () => {
  it('still has an end', async () => {
    const login = fixture.authenticator();
    const token = await fixture.key.sign({ ...fixture.claims });
    expect(await login(token)).toMatchObject({ authenticated: true });

    fixture.clock.setMinutes(10.9);
    expect(await login(token)).toMatchObject({ authenticated: true });
    fixture.clock.setMinutes(11);
    expect(await login(token)).toEqual(refused('expired'));
  });

  it('still has to be of the user who logs in', async () => {
    const login = fixture.authenticator();
    const token = await tokenOf();
    await login(token);

    expect(await login(token, 'omar@acme.com')).toEqual(refused('user-mismatch'));
  });

  it('is forgotten when others have taken its place, and then verified again', async () => {
    const login = fixture.authenticator({}, { limits: { rememberedTokens: 1 } });
    const [first, second] = [await tokenOf(), await fixture.key.sign({ ...fixture.claims })];

    for (const token of [first, second, first]) {
      expect(await login(token)).toMatchObject({ authenticated: true });
    }
  });
});

describe('an issuer that cannot be trusted as configured', () => {
  it.each([
    ['an open address', { url: 'http://issuer.example', allowInsecureUrl: true }],
    ['an open address on this machine that was not allowed', { url: 'http://127.0.0.1:8080' }],
    [
      'a name that only looks like this machine',
      { url: 'http://127.0.0.1.example', allowInsecureUrl: true },
    ],
    ['another scheme', { url: 'ftp://issuer.example' }],
    ['no address', { url: 'issuer' }],
    ['a password in its address', { url: 'https://user:secret@issuer.example' }],
    ['no audience', { url: 'https://issuer.example', audience: '' }],
  ])('stops the start: %s', (_case, issuer) => {
    expect(() =>
      makeOidcAuthenticator({ issuers: [{ name: 'acme', audience: 'weir', ...issuer }] }),
    ).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });

  it('stops the start: the same address twice', () => {
    const issuer = { name: 'acme', url: 'https://issuer.example', audience: 'weir' };

    expect(() => makeOidcAuthenticator({ issuers: [issuer, { ...issuer, name: 'b' }] })).toThrow(
      'Two issuers have the URL https://issuer.example',
    );
  });
});

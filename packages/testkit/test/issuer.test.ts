import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { type Issuer, startIssuer } from '../src/issuer.ts';
import { visitSignIn } from '../src/issuer-visitor.ts';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

let issuer: Issuer;

beforeEach(async () => {
  issuer = await startIssuer();
});

afterEach(async () => {
  await issuer.close();
});

async function post(path: string, fields: Record<string, string>) {
  const response = await fetch(new URL(path, issuer.url), {
    method: 'POST',
    body: new URLSearchParams(fields),
  });
  return fieldsOf(await response.json());
}

function fieldsOf(answer: unknown): Record<string, string> {
  const entries = Object.entries(answer ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** Verifies as any resource server would: by discovery, over HTTP. */
async function verify(token: string) {
  const response = await fetch(`${issuer.url}/.well-known/openid-configuration`);
  const document = fieldsOf(await response.json());
  const keys = createRemoteJWKSet(new URL(document['jwks_uri'] ?? ''));
  return jwtVerify(token, keys, { issuer: issuer.url, audience: 'weir' });
}

function startDevice() {
  return post('/device/auth', {
    client_id: issuer.loginClient,
    scope: 'openid profile email groups offline_access',
  });
}

function askForTokens(device: Record<string, string>) {
  return post('/token', {
    grant_type: DEVICE_GRANT,
    client_id: issuer.loginClient,
    device_code: device['device_code'] ?? '',
  });
}

describe('the embedded issuer', () => {
  it('names itself and its endpoints in its discovery document', async () => {
    const response = await fetch(`${issuer.url}/.well-known/openid-configuration`);

    expect(await response.json()).toMatchObject({
      issuer: issuer.url,
      jwks_uri: `${issuer.url}/jwks`,
      device_authorization_endpoint: `${issuer.url}/device/auth`,
    });
  });

  it('publishes no private part of a key', async () => {
    const keys = await (await fetch(`${issuer.url}/jwks`)).text();

    expect(keys).toContain('"n":');
    expect(keys).not.toMatch(/"(d|p|q|dp|dq|qi)":/);
  });

  it('refuses a request that names another host', async () => {
    const status = await new Promise((resolve, reject) => {
      request(issuer.url, { headers: { host: 'rebound.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

    expect(status).toBe(421);
  });

  it.each([
    ['ana', 'ana@acme.com', ['engineering']],
    ['omar', 'omar@acme.com', ['on-call']],
    ['vera', 'vera@acme.com', ['auditors']],
  ])('signs %s in on a device', async (person, email, groups) => {
    const device = await startDevice();
    expect(await askForTokens(device)).toMatchObject({ error: 'authorization_pending' });

    const page = await visitSignIn({ address: device['verification_uri_complete'] ?? '', person });
    expect(page).toContain('You are signed in');

    const tokens = await askForTokens(device);
    const { payload, protectedHeader } = await verify(tokens['access_token'] ?? '');
    expect(protectedHeader).toMatchObject({ typ: 'at+jwt', alg: 'RS256' });
    expect(payload).toMatchObject({
      sub: person,
      aud: 'weir',
      email,
      email_verified: true,
      groups,
      preferred_username: person,
      weir_kind: 'human',
      client_id: 'weir',
    });
  });

  it('asks a browser that has signed in before who it is now', async () => {
    const cookies = new Map<string, string>();
    const subjects: unknown[] = [];
    for (const person of ['ana', 'omar']) {
      const device = await startDevice();
      const address = device['verification_uri_complete'] ?? '';
      await visitSignIn({ address, person, cookies });
      const tokens = await askForTokens(device);
      subjects.push((await verify(tokens['access_token'] ?? '')).payload.sub);
    }

    expect(subjects).toEqual(['ana', 'omar']);
  });

  it('takes a code that the person types', async () => {
    const device = await startDevice();
    await visitSignIn({
      address: device['verification_uri'] ?? '',
      code: device['user_code'] ?? '',
      person: 'ana',
    });

    expect(await askForTokens(device)).toHaveProperty('access_token');
  });

  it('tells the device that the person said no', async () => {
    const device = await startDevice();
    await visitSignIn({ address: device['verification_uri_complete'] ?? '', person: undefined });

    expect(await askForTokens(device)).toMatchObject({ error: 'access_denied' });
  });

  it('gives no token for a person that it does not know', async () => {
    const device = await startDevice();
    await visitSignIn({ address: device['verification_uri_complete'] ?? '', person: 'mallory' });

    expect(await askForTokens(device)).toMatchObject({ error: 'authorization_pending' });
  });

  it('renews a token with the refresh token', async () => {
    const device = await startDevice();
    await visitSignIn({ address: device['verification_uri_complete'] ?? '', person: 'ana' });
    const first = await askForTokens(device);

    const renewed = await post('/token', {
      grant_type: 'refresh_token',
      client_id: issuer.loginClient,
      refresh_token: first['refresh_token'] ?? '',
    });

    expect(renewed['access_token']).not.toBe(first['access_token']);
    expect((await verify(renewed['access_token'] ?? '')).payload).toMatchObject({
      sub: 'ana',
      groups: ['engineering'],
    });
  });

  it('signs the agent in with its client credentials', async () => {
    const tokens = await post('/token', {
      grant_type: 'client_credentials',
      client_id: issuer.agent.clientId,
      client_secret: issuer.agent.clientSecret,
    });

    expect((await verify(tokens['access_token'] ?? '')).payload).toMatchObject({
      sub: 'scout',
      groups: ['agents'],
      weir_kind: 'agent',
    });
  });

  it('mints tokens for tests with the same claims and the same key', async () => {
    const { payload } = await verify(
      await issuer.tokenFor('ana@acme.com', { expiresIn: 60, claims: { groups: ['dba'] } }),
    );

    expect(payload).toMatchObject({ sub: 'ana', email: 'ana@acme.com', groups: ['dba'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  });

  it('mints no token for somebody it does not know', async () => {
    await expect(issuer.tokenFor('mallory@acme.com')).rejects.toThrow('does not know');
  });

  it('signs with a new key after a rotation and still publishes the old one', async () => {
    const before = await issuer.tokenFor('ana');
    await issuer.rotateKeys();
    const after = await issuer.tokenFor('ana');

    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    await expect(verify(before)).resolves.toBeDefined();
    await expect(verify(after)).resolves.toBeDefined();
  });

  it('takes the old key away when it is retired', async () => {
    const before = await issuer.tokenFor('ana');
    await issuer.rotateKeys({ retire: true });

    await expect(verify(before)).rejects.toThrow('no applicable key');
  });

  it('goes on with a sign-in that was under way when the keys changed', async () => {
    const device = await startDevice();
    await issuer.rotateKeys({ retire: true });
    await visitSignIn({ address: device['verification_uri_complete'] ?? '', person: 'ana' });

    const tokens = await askForTokens(device);
    expect((await verify(tokens['access_token'] ?? '')).payload.sub).toBe('ana');
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Issuer, startIssuer } from '@weir/testkit';
import { type Login, loginWith, refused } from './fixture.ts';

let issuer: Issuer;
let login: Login;

beforeAll(async () => {
  issuer = await startIssuer();
  login = loginWith({
    issuers: [
      {
        name: 'embedded',
        url: issuer.url,
        audience: issuer.audience,
        kindClaim: 'weir_kind',
        allowInsecureUrl: true,
      },
    ],
    limits: { jwksRefetchCooldownMs: 0 },
  });
});

afterAll(async () => {
  await issuer.close();
});

async function agentToken(): Promise<string> {
  const response = await fetch(`${issuer.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: issuer.agent.clientId,
      client_secret: issuer.agent.clientSecret,
    }),
  });
  const answer: unknown = await response.json();
  return String(Object.entries(answer ?? {}).find(([name]) => name === 'access_token')?.[1]);
}

describe('tokens of an OpenID provider', () => {
  it.each([
    ['ana@acme.com', ['engineering']],
    ['omar@acme.com', ['on-call']],
    ['vera@acme.com', ['auditors']],
  ])('let %s in', async (email, groups) => {
    expect(await login(await issuer.tokenFor(email), email)).toMatchObject({
      authenticated: true,
      principal: { issuer: issuer.url, kind: 'human', name: email, groups },
    });
  });

  it('let an agent in as an agent', async () => {
    expect(await login(await agentToken(), 'scout')).toMatchObject({
      authenticated: true,
      principal: { subject: 'scout', kind: 'agent', name: 'scout', groups: ['agents'] },
    });
  });

  it('let nobody in under the name of another', async () => {
    expect(await login(await issuer.tokenFor('ana'), 'omar')).toEqual(refused('user-mismatch'));
  });

  it('let nobody in who asked for another audience', async () => {
    const token = await issuer.tokenFor('ana', { audience: 'payroll' });

    expect(await login(token)).toEqual(refused('wrong-audience'));
  });

  it('let nobody in after their end', async () => {
    const token = await issuer.tokenFor('ana', { expiresIn: -61 });

    expect(await login(token)).toEqual(refused('expired'));
  });

  it('stay good through a rotation of keys, and new ones are good at once', async () => {
    const before = await issuer.tokenFor('ana');
    await login(before);
    await issuer.rotateKeys();

    expect(await login(await issuer.tokenFor('ana'))).toMatchObject({ authenticated: true });
    expect(await login(before)).toMatchObject({ authenticated: true });
  });
});

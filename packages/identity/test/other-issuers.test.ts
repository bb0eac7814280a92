import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@weir/contract';
import type { KeyServer } from '@weir/testkit';
import { makeOidcAuthenticator, type OidcAuthenticator, type TrustedIssuer } from '../src/index.ts';
import { type Fixture, refused, startFixture } from './fixture.ts';

let fixture: Fixture;
let server: KeyServer;
let issuer: TrustedIssuer;
let before: OidcAuthenticator;

beforeEach(async () => {
  fixture = await startFixture();
  server = fixture.server;
  issuer = { name: 'acme', url: server.url, audience: 'weir', allowInsecureUrl: true };
  before = makeOidcAuthenticator({ issuers: [issuer], now: fixture.clock.now });
});

afterEach(async () => {
  await server.close();
});

const signed = (claims = {}) => fixture.key.sign({ ...fixture.claims, ...claims });

function login(authenticator: OidcAuthenticator, token: string) {
  return authenticator.authenticate({ user: 'ana', secret: new Secret(token), encrypted: true });
}

describe('an authenticator for other issuers', () => {
  it('needs no issuer whose keys are held, and none of its own is fetched again', async () => {
    await login(before, await signed());
    server.answer({ state: 'down' });

    const after = before.withIssuers([{ ...issuer }]);

    expect(await login(after, await signed())).toMatchObject({ authenticated: true });
    expect(server.hits()).toMatchObject({ discovery: 1, keys: 1 });
  });

  it.each<[string, Partial<TrustedIssuer>, object]>([
    ['its audience', { audience: 'other' }, refused('wrong-audience')],
    ['its groups', { groupsClaim: 'roles' }, { principal: { groups: ['dba'] } }],
    ['its kind', { kind: 'service' }, { principal: { kind: 'service' } }],
  ])(
    'counts what changed of an issuer, %s, for a token that was taken before',
    async (...given) => {
      const [, change, expected] = given;
      const token = await signed({ roles: ['dba'] });
      await login(before, token);
      server.answer({ state: 'down' });

      const after = before.withIssuers([{ ...issuer, ...change }]);

      expect(await login(after, token)).toMatchObject(expected);
    },
  );

  it('takes no token of an issuer that is gone, nor keeps its keys for its return', async () => {
    const token = await signed();
    await login(before, token);
    server.answer({ state: 'down' });

    const without = before.withIssuers([]);
    expect(await login(without, token)).toEqual(refused('unknown-issuer'));
    expect(await login(without.withIssuers([issuer]), token)).toEqual(
      refused('issuer-unreachable'),
    );
  });

  it('fetches the keys again when others vouch for them', async () => {
    const token = await signed();
    await login(before, token);
    server.answer({ keys: [] });

    const after = before.withIssuers([{ ...issuer, caCertificate: 'another' }]);

    expect(await login(after, token)).toEqual(refused('unknown-key'));
  });
});

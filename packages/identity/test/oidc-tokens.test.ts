import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '@weir/contract';
import { type KeyServer, makeSigningKey, type SigningKey, startKeyServer } from '@weir/testkit';
import { makeOidcAuthenticator } from '../src/index.ts';
import {
  type Fixture,
  type Login,
  refused,
  signedWithPublicKey,
  signRaw,
  startFixture,
  unsigned,
} from './fixture.ts';

const NOON_SECONDS = Date.UTC(2026, 0, 5, 12) / 1000;

let fixture: Fixture;
let login: Login;
const others: KeyServer[] = [];

beforeAll(async () => {
  fixture = await startFixture();
  login = fixture.authenticator();
});

afterAll(async () => {
  await Promise.all([fixture.server, ...others].map((server) => server.close()));
});

async function startOther(key: SigningKey) {
  const server = await startKeyServer([key.publicJwk]);
  others.push(server);
  return server;
}

function signed(claims: Record<string, unknown> = {}, header: Record<string, string> = {}) {
  return fixture.key.sign({ ...fixture.claims, ...claims }, header);
}

describe('a good token', () => {
  it('makes a principal of its claims', async () => {
    expect(await login(await signed())).toEqual({
      authenticated: true,
      principal: {
        issuer: fixture.server.url,
        subject: 'ana',
        kind: 'human',
        name: 'ana@acme.com',
        email: 'ana@acme.com',
        groups: ['engineering'],
        expiresAt: (NOON_SECONDS + 600) * 1000,
        credentialId: 'token-1',
      },
    });
  });

  it.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt'])('may be of type %s', async (typ) => {
    expect(await login(await signed({}, { typ }))).toMatchObject({ authenticated: true });
  });

  it('may leave its type out', async () => {
    const token = signRaw(fixture.key, {}, fixture.claims);

    expect(await login(token)).toMatchObject({ authenticated: true });
  });

  it('may be for several audiences when it says for whom it was made', async () => {
    const token = await signed({ aud: ['account', 'weir'], azp: 'weir-cli' });

    expect(await login(token)).toMatchObject({ authenticated: true });
  });

  it.each([
    ['ended within the skew', { exp: NOON_SECONDS - 59 }],
    ['begins within the skew', { nbf: NOON_SECONDS + 60 }],
    ['was issued within the skew', { iat: NOON_SECONDS + 60 }],
    ['has no time of issue', { iat: undefined }],
  ])('is taken when it %s', async (_case, claims) => {
    expect(await login(await signed(claims))).toMatchObject({ authenticated: true });
  });

  it.each(['RS256', 'EdDSA'] as const)('may be signed with %s', async (algorithm) => {
    const key = await makeSigningKey(algorithm);
    const server = await startOther(key);
    const trusting = fixture.authenticator({ url: server.url });
    const token = await key.sign({ ...fixture.claims, iss: server.url });

    expect(await trusting(token)).toMatchObject({ authenticated: true });
  });
});

describe('a token that is not to be taken', () => {
  it.each([
    ['expired', { exp: NOON_SECONDS - 60 }, 'expired'],
    ['without an end', { exp: undefined }, 'missing-claim'],
    ['whose end is no number', { exp: 'tomorrow' }, 'malformed'],
    ['whose end no clock can show', { exp: 1e300 }, 'malformed'],
    ['not yet valid', { nbf: NOON_SECONDS + 61 }, 'not-yet-valid'],
    ['issued in the future', { iat: NOON_SECONDS + 61 }, 'not-yet-valid'],
    ['for another audience', { aud: 'payroll' }, 'wrong-audience'],
    ['for a longer audience', { aud: 'weird' }, 'wrong-audience'],
    ['without an audience', { aud: undefined }, 'missing-claim'],
    ['for several audiences and nobody in particular', { aud: ['a', 'weir'] }, 'missing-claim'],
    ['made for two parties at once', { azp: 'a', client_id: 'b' }, 'malformed'],
    ['of another issuer', { iss: 'https://issuer.example' }, 'unknown-issuer'],
    ['whose issuer has a slash more', { iss: 'SLASH' }, 'unknown-issuer'],
    ['without an issuer', { iss: undefined }, 'missing-claim'],
    ['whose issuer is a list', { iss: ['https://issuer.example'] }, 'malformed'],
    ['without a subject', { sub: undefined }, 'missing-claim'],
    ['with an empty subject', { sub: '' }, 'malformed'],
    ['whose subject is a number', { sub: 7 }, 'malformed'],
    ['whose subject breaks lines', { sub: 'ana\nroot' }, 'malformed'],
    ['bound to a key of the client', { cnf: { jkt: 'x' } }, 'wrong-type'],
  ])('%s is refused', async (_case, claims: Record<string, unknown>, failure) => {
    const iss = claims['iss'] === 'SLASH' ? { iss: `${fixture.server.url}/` } : {};

    expect(await login(await signed({ ...claims, ...iss }))).toEqual(refused(failure));
  });

  it.each(['logout+jwt', 'dpop+jwt', 'secevent+jwt', ''])(
    'of type "%s" is refused',
    async (typ) => {
      expect(await login(await signed({}, { typ }))).toEqual(refused('wrong-type'));
    },
  );

  it('without a signature is refused', async () => {
    expect(await login(unsigned(fixture.claims))).toEqual(refused('algorithm'));
  });

  it('signed with the public key as a shared secret is refused', async () => {
    const token = signedWithPublicKey(fixture.key, fixture.claims);

    expect(await login(token)).toEqual(refused('algorithm'));
  });

  it('signed with an algorithm that was not chosen is refused', async () => {
    const strict = fixture.authenticator({}, { algorithms: ['RS256'] });

    expect(await strict(await signed())).toEqual(refused('algorithm'));
  });

  it('signed by somebody else under the name of the right key is refused', async () => {
    const impostor = await makeSigningKey('ES256', fixture.key.kid);

    expect(await login(await impostor.sign(fixture.claims))).toEqual(refused('bad-signature'));
  });

  it('whose claims were changed after signing is refused', async () => {
    const [header, , signature] = (await signed()).split('.');
    const claims = Buffer.from(JSON.stringify({ ...fixture.claims, sub: 'omar' }));
    const token = `${header}.${claims.toString('base64url')}.${signature}`;

    expect(await login(token)).toEqual(refused('bad-signature'));
  });

  it.each([
    '../../../../dev/null',
    "' OR 1=1 --",
    'https://attacker.example/key',
    '__proto__',
    '',
    '\u0000',
  ])('that names the key %j is refused', async (kid) => {
    const impostor = await makeSigningKey('ES256', kid);

    expect(await login(await impostor.sign(fixture.claims))).toEqual(refused('unknown-key'));
  });

  it('whose key name is no text is refused', async () => {
    const token = signRaw(fixture.key, { kid: { toString: 1 } }, fixture.claims);

    expect(await login(token)).toEqual(refused('malformed'));
  });

  it.each(['jku', 'x5u'])('that brings the address of its key in %s is refused', async (member) => {
    const attacker = await makeSigningKey('ES256');
    const theirs = await startOther(attacker);
    const token = signRaw(attacker, { [member]: `${theirs.url}/keys` }, fixture.claims);

    expect(await login(token)).toEqual(refused('unknown-key'));
    expect(theirs.hits()).toEqual({ discovery: 0, keys: 0, other: 0 });
  });

  it('that brings its own key is refused', async () => {
    const attacker = await makeSigningKey('ES256', fixture.key.kid);
    const token = signRaw(attacker, { jwk: attacker.publicJwk }, fixture.claims);

    expect(await login(token)).toEqual(refused('bad-signature'));
  });

  it.each([
    ['an unknown extension', { crit: ['exp'], exp: 1 }],
    ['an extension that the library knows', { crit: ['b64'], b64: true }],
    ['an empty list', { crit: [] }],
  ])('that insists on %s is refused', async (_case, header) => {
    expect(await login(signRaw(fixture.key, header, fixture.claims))).toEqual(refused('malformed'));
  });

  it.each([
    ['an ordinary password', 'hunter2'],
    ['two parts', 'e30.e30'],
    ['four parts', 'e30.e30.e30.e30'],
    ['an encrypted token', 'e30.e30.e30.e30.e30'],
    ['parts that are no JSON', 'AAAA.AAAA.AAAA'],
    ['a list for a header', 'W10.e30.AAAA'],
    ['a null for claims', 'eyJhbGciOiJFUzI1NiJ9.bnVsbA.AAAA'],
    ['letters beyond ASCII', 'é.é.é'],
    ['a line break', 'e30.e30.\ne30'],
  ])('that is not one (%s) is refused', async (_case, token) => {
    expect(await login(token)).toEqual(refused('malformed'));
  });

  it('of more bytes than the limit is refused, however good it is', async () => {
    const token = await signed({ padding: 'x'.repeat(16 * 1024) });

    expect(await login(token)).toEqual(refused('malformed'));
  });

  it('that is empty counts as no credential', async () => {
    expect(await login('')).toEqual(refused('no-credential'));
  });

  it('over a plain connection is refused before anything else', async () => {
    const authenticator = makeOidcAuthenticator({ issuers: [] });
    const secret = new Secret('');

    expect(await authenticator.authenticate({ user: 'ana', secret, encrypted: false })).toEqual(
      refused('not-encrypted'),
    );
  });
});

describe('the user name', () => {
  it.each(['ana', 'ana.sousa', 'ana@acme.com', 'Ana@ACME.com'])('may be %s', async (user) => {
    expect(await login(await signed(), user)).toMatchObject({ authenticated: true });
  });

  it.each(['omar@acme.com', 'ANA', '', 'ana@acme.com ', 'undefined'])(
    'cannot be %j',
    async (user) => {
      expect(await login(await signed(), user)).toEqual(refused('user-mismatch'));
    },
  );

  it.each([false, 'false', null, 'yes'])(
    'cannot be an e-mail whose email_verified is %j',
    async (verified) => {
      const token = await signed({ email_verified: verified });

      expect(await login(token, 'ana@acme.com')).toEqual(refused('user-mismatch'));
    },
  );

  it.each([true, 'true', undefined])(
    'may be an e-mail whose email_verified is %j',
    async (verified) => {
      const token = await signed({ email_verified: verified });

      expect(await login(token, 'ana@acme.com')).toMatchObject({ authenticated: true });
    },
  );
});

describe('the principal', () => {
  it.each([
    ['the e-mail', {}, 'ana', 'ana@acme.com'],
    [
      'the preferred name when the e-mail is not verified',
      { email_verified: false },
      'ana',
      'ana.sousa',
    ],
    [
      'the preferred name when nothing says that the e-mail is verified',
      { email_verified: undefined },
      'ana',
      'ana.sousa',
    ],
    [
      'the subject when the preferred name looks like an e-mail',
      { email_verified: undefined, preferred_username: 'ceo@acme.com' },
      'ceo@acme.com',
      'ana',
    ],
    [
      'what shows that it is the subject when that looks like an e-mail, too',
      { sub: 'ceo@acme.com', email: undefined, preferred_username: undefined },
      'ceo@acme.com',
      'subject ceo@acme.com',
    ],
    ['the preferred name when the e-mail is empty', { email: '' }, 'ana', 'ana.sousa'],
    [
      'the subject when there is nothing else',
      { email: null, preferred_username: null },
      'ana',
      'ana',
    ],
  ])('is called by %s', async (_case, claims, user, name) => {
    expect(await login(await signed(claims), user)).toMatchObject({ principal: { name } });
  });

  it.each([false, 'false', null, 'yes', undefined])(
    'carries no e-mail whose email_verified is %j',
    async (verified) => {
      const answer = await login(await signed({ email_verified: verified }), 'ana');

      expect(answer).toMatchObject({ authenticated: true });
      expect(answer).not.toHaveProperty('principal.email');
    },
  );

  it('carries an e-mail of which nothing is said when its issuer is trusted with that', async () => {
    const trusting = fixture.authenticator({ emailTrusted: true });
    const [unsaid, denied] = [{ email_verified: undefined }, { email_verified: false }];

    expect(await trusting(await signed(unsaid))).toMatchObject({
      principal: { email: 'ana@acme.com', name: 'ana@acme.com' },
    });
    expect(await trusting(await signed(denied), 'ana')).not.toHaveProperty('principal.email');
  });

  it.each([
    ['a list', ['engineering', 'dba'], ['engineering', 'dba']],
    ['one name', 'engineering', ['engineering']],
    ['nothing', undefined, []],
    ['an empty list', [], []],
  ])('takes its groups from %s', async (_case, claim, groups) => {
    expect(await login(await signed({ groups: claim }))).toMatchObject({ principal: { groups } });
  });

  it.each([
    ['a list with a number', ['dba', 7]],
    ['a list in a list', [['dba']]],
    ['an object', { dba: true }],
    ['a number', 7],
    ['null', null],
    ['an empty name', ['']],
  ])('is not made when the groups are %s', async (_case, groups) => {
    expect(await login(await signed({ groups }))).toEqual(refused('malformed'));
  });

  it('takes its groups from the claim that the configuration names', async () => {
    const custom = fixture.authenticator({ groupsClaim: 'https://acme.com/roles' });
    const token = await signed({ 'https://acme.com/roles': ['dba'] });

    expect(await custom(token)).toMatchObject({ principal: { groups: ['dba'] } });
  });

  it.each([
    ['human, unless the issuer is said to be of another kind', {}, {}, 'human'],
    ['what the issuer is said to be', { kind: 'service' }, { weir_kind: 'human' }, 'service'],
    ['what the chosen claim says', { kindClaim: 'weir_kind' }, { weir_kind: 'agent' }, 'agent'],
    [
      "the issuer's where the chosen claim is missing",
      { kind: 'agent', kindClaim: 'weir_kind' },
      {},
      'agent',
    ],
  ] as const)('is %s', async (_case, issuer, claims, kind) => {
    const chosen = fixture.authenticator(issuer);

    expect(await chosen(await signed(claims))).toMatchObject({ principal: { kind } });
  });

  it.each(['admin', '', null, ['agent']])('is not made of the kind %j', async (kind) => {
    const chosen = fixture.authenticator({ kindClaim: 'weir_kind' });

    expect(await chosen(await signed({ weir_kind: kind }))).toEqual(refused('malformed'));
  });

  it('cannot be changed by whoever is handed it', async () => {
    const answer = await login(await signed());

    expect(answer).toHaveProperty('principal');
    expect(answer.authenticated && Object.isFrozen(answer.principal)).toBe(true);
    expect(answer.authenticated && Object.isFrozen(answer.principal.groups)).toBe(true);
  });
});

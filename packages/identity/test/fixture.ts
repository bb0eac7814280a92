import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { type Authentication, Secret } from '@weir/contract';
import { type KeyServer, makeSigningKey, type SigningKey, startKeyServer } from '@weir/testkit';
import {
  makeOidcAuthenticator,
  type OidcAuthenticatorOptions,
  type TrustedIssuer,
} from '../src/index.ts';

/** A moment to count from: tests move their own clock, never the machine's. */
const NOON = Date.UTC(2026, 0, 5, 12);
const MINUTE = 60_000;

interface Clock {
  now(): number;
  /** Sets the clock to so many minutes after noon. */
  setMinutes(minutes: number): void;
}

function makeClock(): Clock {
  let current = NOON;
  return {
    now: () => current,
    setMinutes: (minutes) => {
      current = NOON + minutes * MINUTE;
    },
  };
}

/** An issuer in a test's hand, and an authenticator that trusts it. */
export interface Fixture {
  readonly server: KeyServer;
  readonly key: SigningKey;
  readonly clock: Clock;
  /** Ana's claims, good for ten minutes from noon. */
  readonly claims: Readonly<Record<string, unknown>>;
  authenticator(
    change?: Partial<TrustedIssuer>,
    options?: Partial<OidcAuthenticatorOptions>,
  ): Login;
}

/** Logs in as a user with a token over an encrypted connection. */
export type Login = (token: string, user?: string) => Promise<Authentication>;

export async function startFixture(): Promise<Fixture> {
  const key = await makeSigningKey('ES256');
  const server = await startKeyServer([key.publicJwk]);
  const clock = makeClock();
  return {
    server,
    key,
    clock,
    claims: {
      iss: server.url,
      sub: 'ana',
      aud: 'weir',
      iat: NOON / 1000,
      exp: NOON / 1000 + 600,
      email: 'ana@acme.com',
      email_verified: true,
      preferred_username: 'ana.sousa',
      groups: ['engineering'],
      jti: 'token-1',
    },
    authenticator: (change = {}, options = {}) => {
      const issuer = {
        name: 'acme',
        url: server.url,
        audience: 'weir',
        allowInsecureUrl: true,
        ...change,
      };
      return loginWith({ issuers: [issuer], now: clock.now, ...options });
    },
  };
}

export function loginWith(options: OidcAuthenticatorOptions): Login {
  const authenticator = makeOidcAuthenticator(options);
  return (token, user = 'ana@acme.com') =>
    authenticator.authenticate({ user, secret: new Secret(token), encrypted: true });
}

export function refused(failure: string) {
  return { authenticated: false, failure };
}

type Json = Readonly<Record<string, unknown>>;

/** Signs as a key's owner could, with a header that a decent library would not write. */
export function signRaw(key: SigningKey, header: Json, claims: Json): string {
  const input = signingInput({ alg: key.algorithm, kid: key.kid, ...header }, claims);
  const privateKey = createPrivateKey({ key: { ...key.privateJwk }, format: 'jwk' });
  const signature = sign('sha256', Buffer.from(input), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${input}.${signature.toString('base64url')}`;
}

/** A token without a signature, as `alg: none` would have it. */
export function unsigned(claims: Json): string {
  return `${signingInput({ alg: 'none', typ: 'JWT' }, claims)}.`;
}

/** A token signed with the issuer's public key as if it were a shared secret. */
export function signedWithPublicKey(key: SigningKey, claims: Json): string {
  const pem = createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  const input = signingInput({ alg: 'HS256', kid: key.kid, typ: 'JWT' }, claims);
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
}

function signingInput(header: Json, claims: Json): string {
  return [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
}

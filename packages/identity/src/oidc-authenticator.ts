import {
  type Authentication,
  type Authenticator,
  type AuthFailure,
  type Credential,
  WeirError,
} from '@weir/contract';
import { makeDocumentReader } from './document-reader.ts';
import { fetchIssuerKeys } from './issuer-documents.ts';
import { parseIssuerUrl } from './issuer-url.ts';
import { type HeldKeys, type KeySource, makeKeySource } from './key-source.ts';
import {
  IDENTITY_LIMITS,
  type IdentityLimits,
  type OidcAuthenticatorOptions,
  SIGNING_ALGORITHMS,
  type TrustedIssuer,
} from './options.ts';
import { makeRememberedTokens, type RememberedTokens } from './remembered-tokens.ts';
import { answersTo, identityOf, type TokenIdentity } from './token-identity.ts';
import { readOutline } from './token-outline.ts';
import { verifyToken } from './token-signature.ts';

interface IssuerKeys {
  readonly issuer: TrustedIssuer;
  readonly keys: KeySource;
}

/** Takes the tokens of the issuers that it was made for. */
export interface OidcAuthenticator extends Authenticator {
  /**
   * One for other issuers, with the keys that this one holds of those whose keys still come from the
   * same place: a change of configuration must not need an issuer that cannot be reached now. It
   * remembers no token, so what changed of an issuer counts from its next login on.
   */
  withIssuers(issuers: readonly TrustedIssuer[]): OidcAuthenticator;
}

/**
 * Takes the JSON Web Tokens of OpenID providers as passwords. Throws `ERR_CONFIG_INVALID` for
 * issuers that cannot be trusted as they stand.
 */
export function makeOidcAuthenticator(options: OidcAuthenticatorOptions): OidcAuthenticator {
  return new TokenAuthenticator(options, new Map());
}

class TokenAuthenticator implements OidcAuthenticator {
  readonly #options: OidcAuthenticatorOptions;
  readonly #issuers: ReadonlyMap<string, IssuerKeys>;
  readonly #limits: IdentityLimits;
  readonly #now: () => number;
  readonly #algorithms: readonly string[];
  readonly #remembered: RememberedTokens;

  constructor(options: OidcAuthenticatorOptions, held: ReadonlyMap<string, KeySource>) {
    this.#options = options;
    this.#limits = { ...IDENTITY_LIMITS, ...options.limits };
    this.#now = options.now ?? Date.now;
    this.#algorithms = options.algorithms ?? SIGNING_ALGORITHMS;
    this.#remembered = makeRememberedTokens(this.#limits.rememberedTokens, this.#now);
    this.#issuers = indexIssuers(options, held, this.#limits, this.#now);
  }

  withIssuers(issuers: readonly TrustedIssuer[]): OidcAuthenticator {
    const held = [...this.#issuers.values()].map(
      ({ issuer, keys }) => [keysPlace(issuer), keys] as const,
    );
    return new TokenAuthenticator({ ...this.#options, issuers }, new Map(held));
  }

  async authenticate(credential: Credential): Promise<Authentication> {
    if (!credential.encrypted) {
      return refuse('not-encrypted');
    }
    const identity = await this.#identify(credential.secret.reveal());
    if (typeof identity === 'string') {
      return refuse(identity);
    }
    return answersTo(identity, credential.user)
      ? { authenticated: true, principal: identity.principal }
      : refuse('user-mismatch');
  }

  async #identify(token: string): Promise<TokenIdentity | AuthFailure> {
    if (token === '') {
      return 'no-credential';
    }
    if (Buffer.byteLength(token) > this.#limits.tokenBytes) {
      return 'malformed';
    }
    const outline = readOutline(token, this.#algorithms);
    if (typeof outline === 'string') {
      return outline;
    }
    const trusted = this.#issuers.get(outline.issuer);
    return trusted === undefined ? 'unknown-issuer' : this.#verify(token, trusted);
  }

  async #verify(token: string, trusted: IssuerKeys): Promise<TokenIdentity | AuthFailure> {
    const keys = await trusted.keys.current();
    if (keys === undefined) {
      return 'issuer-unreachable';
    }
    const first = await this.#verifyWith(token, trusted.issuer, keys);
    if (first !== 'unknown-key') {
      return first;
    }
    const newer = await trusted.keys.newerThan(keys);
    if (newer === undefined) {
      return 'issuer-unreachable';
    }
    return newer === keys ? first : this.#verifyWith(token, trusted.issuer, newer);
  }

  async #verifyWith(
    token: string,
    issuer: TrustedIssuer,
    keys: HeldKeys,
  ): Promise<TokenIdentity | AuthFailure> {
    const remembered = this.#remembered.find(token, keys);
    if (remembered !== undefined) {
      return remembered;
    }
    const now = this.#now();
    const { clockSkewMs } = this.#limits;
    const expected = { issuer, algorithms: this.#algorithms, clockSkewMs, now };
    const payload = await verifyToken(token, keys.find, expected);
    if (typeof payload === 'string') {
      return payload;
    }
    const identity = identityOf(payload, issuer, now + clockSkewMs);
    if (typeof identity !== 'string') {
      const until = identity.principal.expiresAt + clockSkewMs;
      this.#remembered.add(token, keys, identity, until);
    }
    return identity;
  }
}

function refuse(failure: AuthFailure): Authentication {
  return { authenticated: false, failure };
}

/** Equal when the keys of two issuers come from the same place, are trusted alike and reported alike. */
function keysPlace({ name, url, caCertificate, allowInsecureUrl }: TrustedIssuer): string {
  return JSON.stringify([name, url, caCertificate ?? null, allowInsecureUrl ?? false]);
}

function indexIssuers(
  options: OidcAuthenticatorOptions,
  held: ReadonlyMap<string, KeySource>,
  limits: IdentityLimits,
  now: () => number,
): ReadonlyMap<string, IssuerKeys> {
  const index = new Map<string, IssuerKeys>();
  for (const issuer of options.issuers) {
    checkIssuer(issuer);
    if (index.has(issuer.url)) {
      throw new WeirError('ERR_CONFIG_INVALID', `Two issuers have the URL ${issuer.url}`);
    }
    const keys = held.get(keysPlace(issuer)) ?? keySourceOf(issuer, options, limits, now);
    index.set(issuer.url, { issuer, keys });
  }
  return index;
}

function keySourceOf(
  issuer: TrustedIssuer,
  { onIssuerFault }: OidcAuthenticatorOptions,
  limits: IdentityLimits,
  now: () => number,
): KeySource {
  const read = makeDocumentReader({
    ca: issuer.caCertificate,
    timeoutMs: limits.requestTimeoutMs,
    bytes: limits.documentBytes,
  });
  return makeKeySource({
    issuer: issuer.name,
    fetchKeys: () => fetchIssuerKeys(issuer, read),
    now,
    limits,
    onFault: (fault) => onIssuerFault?.(issuer.name, fault),
  });
}

function checkIssuer(issuer: TrustedIssuer): void {
  try {
    parseIssuerUrl(issuer.url, issuer.allowInsecureUrl === true);
  } catch (cause) {
    const message = `The URL of issuer ${issuer.name} must be https, without user or fragment`;
    throw new WeirError('ERR_CONFIG_INVALID', message, { cause });
  }
  if (issuer.audience === '') {
    throw new WeirError('ERR_CONFIG_INVALID', `Issuer ${issuer.name} has no audience`);
  }
}

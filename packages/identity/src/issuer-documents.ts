import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { DocumentReader } from './document-reader.ts';
import { freshnessMs } from './freshness.ts';
import { parseIssuerUrl } from './issuer-url.ts';
import type { TrustedIssuer } from './options.ts';

/** Finds the key that a token names among an issuer's published keys. */
export type KeyLookup = ReturnType<typeof createLocalJWKSet>;

/** An issuer's keys as they were when it was asked. */
export interface PublishedKeys {
  readonly find: KeyLookup;
  /** How long the issuer lets us use them; `undefined` when it does not say. */
  readonly freshMs: number | undefined;
}

/**
 * Asks an issuer for its keys: the discovery document first (OpenID Connect Discovery 1.0 §4), then
 * the key set that it names (RFC 7517 §5). Throws when either cannot be had or is not what it
 * should be.
 */
export async function fetchIssuerKeys(
  issuer: TrustedIssuer,
  read: DocumentReader,
): Promise<PublishedKeys> {
  const document = await read(discoveryUrl(issuer));
  const keySet = await read(keySetUrl(issuer, document.body));
  if (!isKeySet(keySet.body)) {
    throw new Error('The key set has no list of keys');
  }
  return { find: createLocalJWKSet(keySet.body), freshMs: freshnessMs(keySet.headers) };
}

function discoveryUrl(issuer: TrustedIssuer): URL {
  const base = issuer.url.replace(/\/$/, '');
  return parseIssuerUrl(
    `${base}/.well-known/openid-configuration`,
    issuer.allowInsecureUrl === true,
  );
}

function keySetUrl(issuer: TrustedIssuer, document: unknown): URL {
  if (!isDiscoveryDocument(document)) {
    throw new Error('The discovery document names no issuer or no key set');
  }
  if (document.issuer !== issuer.url) {
    throw new Error('The discovery document is of another issuer');
  }
  return parseIssuerUrl(document.jwks_uri, issuer.allowInsecureUrl === true);
}

interface DiscoveryDocument {
  readonly issuer: string;
  readonly jwks_uri: string;
}

function isDiscoveryDocument(body: unknown): body is DiscoveryDocument {
  return (
    typeof body === 'object' &&
    body !== null &&
    'issuer' in body &&
    typeof body.issuer === 'string' &&
    'jwks_uri' in body &&
    typeof body.jwks_uri === 'string'
  );
}

function isKeySet(body: unknown): body is JSONWebKeySet {
  return (
    typeof body === 'object' &&
    body !== null &&
    'keys' in body &&
    Array.isArray(body.keys) &&
    body.keys.every((key) => typeof key === 'object' && key !== null && typeof key.kty === 'string')
  );
}

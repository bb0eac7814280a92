import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';

/** The algorithms that the fixtures sign with: one RSA, one elliptic curve, one Edwards curve. */
export type FixtureAlgorithm = 'RS256' | 'ES256' | 'EdDSA';

/** A key pair of an issuer, made for one run and kept in memory only. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: FixtureAlgorithm;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
  /** Signs the claims as they are; `header` adds to or replaces `alg`, `kid` and `typ`. */
  sign(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
}

/** Makes a key pair. Its `kid` is the key's thumbprint (RFC 7638) unless one is given. */
export async function makeSigningKey(
  algorithm: FixtureAlgorithm = 'RS256',
  kid?: string,
): Promise<SigningKey> {
  const pair = await generateKeyPair(algorithm, { extractable: true });
  const bare = await exportJWK(pair.publicKey);
  const names = { kid: kid ?? (await calculateJwkThumbprint(bare)), alg: algorithm, use: 'sig' };
  return {
    kid: names.kid,
    algorithm,
    publicJwk: { ...bare, ...names },
    privateJwk: { ...(await exportJWK(pair.privateKey)), ...names },
    sign: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, kid: names.kid, typ: 'JWT', ...header })
        .sign(pair.privateKey),
  };
}

import type { PrincipalKind, WeirError } from '@weir/contract';

/**
 * The signature algorithms (RFC 7518 §3.1, RFC 8037, RFC 9864) that an issuer may use. Nothing
 * symmetric and not `none`: a key that everybody can read must not be able to sign.
 */
export const SIGNING_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** An OpenID provider whose tokens are taken. */
export interface TrustedIssuer {
  /** What people call it in configuration and logs. */
  readonly name: string;
  /** Its identifier, byte for byte as in `iss` and in its discovery document. */
  readonly url: string;
  /** What its tokens must name in `aud`. */
  readonly audience: string;
  /** What its tokens stand for unless `kindClaim` says otherwise; `human` when absent. */
  readonly kind?: PrincipalKind;
  /** The claim that lists the groups; `groups` when absent. */
  readonly groupsClaim?: string;
  /** The claim that names the principal's kind. Without it no token chooses its own kind. */
  readonly kindClaim?: string;
  /** Takes an e-mail for verified when its token does not say whether it is. */
  readonly emailTrusted?: boolean;
  /** PEM text of the authorities to trust for this issuer instead of the system's. */
  readonly caCertificate?: string;
  /** Takes an `http` URL, and only on this machine's loopback: for tests and the sample scene. */
  readonly allowInsecureUrl?: boolean;
}

/** Limits of the authenticator; each is a line of docs/configuration.md. */
export interface IdentityLimits {
  /** How far the issuer's clock may differ from ours, milliseconds. */
  readonly clockSkewMs: number;
  /** How long keys are used when the issuer does not say, milliseconds. */
  readonly jwksDefaultAgeMs: number;
  /** How long keys are used at most, whatever the issuer says, milliseconds. */
  readonly jwksMaxAgeMs: number;
  /** How long outdated keys still serve while the issuer cannot be reached, milliseconds. */
  readonly jwksMaxStaleMs: number;
  /** The least time between two fetches while there are keys to work with, milliseconds. */
  readonly jwksRefetchCooldownMs: number;
  /** The least time between two fetches while there are none, milliseconds. */
  readonly jwksRetryMs: number;
  /** How long the issuer may take for one answer, milliseconds. */
  readonly requestTimeoutMs: number;
  /** The longest answer that is read from an issuer, bytes. */
  readonly documentBytes: number;
  /** The longest token that is looked at, bytes. */
  readonly tokenBytes: number;
  /** How many verified tokens are remembered, so that a pool's next login costs no signature. */
  readonly rememberedTokens: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What `IdentityLimits` are unless the options say otherwise. */
export const IDENTITY_LIMITS: IdentityLimits = {
  clockSkewMs: MINUTE,
  jwksDefaultAgeMs: 10 * MINUTE,
  jwksMaxAgeMs: 24 * HOUR,
  jwksMaxStaleMs: HOUR,
  jwksRefetchCooldownMs: 30 * SECOND,
  jwksRetryMs: SECOND,
  requestTimeoutMs: 5 * SECOND,
  documentBytes: 1024 * 1024,
  tokenBytes: 16 * 1024,
  rememberedTokens: 1000,
};

/** What `makeOidcAuthenticator` needs. */
export interface OidcAuthenticatorOptions {
  readonly issuers: readonly TrustedIssuer[];
  /** Milliseconds since the epoch; the system's clock when absent. */
  readonly now?: () => number;
  readonly limits?: Partial<IdentityLimits>;
  /** A narrower choice of algorithms; all of `SIGNING_ALGORITHMS` when absent. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** Told why an issuer's keys could not be had, for the operator's log; never for a client. */
  readonly onIssuerFault?: (issuer: string, fault: WeirError) => void;
}

import type { AuthFailure } from '@weir/contract';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { KeyLookup } from './issuer-documents.ts';
import type { TrustedIssuer } from './options.ts';

/** What a token is held against. */
interface TokenExpectations {
  readonly issuer: TrustedIssuer;
  readonly algorithms: readonly string[];
  readonly clockSkewMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Verifies signature, issuer, audience and times (RFC 7519 §7.2). The key comes from the issuer's
 * published set alone; whatever key or address the token's header carries is not looked at.
 */
export async function verifyToken(
  token: string,
  findKey: KeyLookup,
  expected: TokenExpectations,
): Promise<JWTPayload | AuthFailure> {
  try {
    const { payload } = await jwtVerify(token, findKey, {
      algorithms: [...expected.algorithms],
      issuer: expected.issuer.url,
      audience: expected.issuer.audience,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: expected.clockSkewMs / 1000,
      currentDate: new Date(expected.now),
    });
    return payload;
  } catch (error) {
    return failureOf(error);
  }
}

const FAILURES = new Map<string, AuthFailure>([
  [errors.JOSEAlgNotAllowed.code, 'algorithm'],
  [errors.JOSENotSupported.code, 'algorithm'],
  [errors.JWTExpired.code, 'expired'],
  [errors.JWSSignatureVerificationFailed.code, 'bad-signature'],
  [errors.JWSInvalid.code, 'malformed'],
  [errors.JWTInvalid.code, 'malformed'],
]);

/** Anything unforeseen concerns the key: one that cannot be imported, or that is too short. */
function failureOf(error: unknown): AuthFailure {
  if (error instanceof errors.JWTClaimValidationFailed) {
    return claimFailure(error);
  }
  const known = error instanceof errors.JOSEError ? FAILURES.get(error.code) : undefined;
  return known ?? 'unknown-key';
}

function claimFailure(error: errors.JWTClaimValidationFailed): AuthFailure {
  if (error.reason === 'missing') {
    return 'missing-claim';
  }
  if (error.reason === 'invalid') {
    return 'malformed';
  }
  const failures: Readonly<Record<string, AuthFailure>> = {
    aud: 'wrong-audience',
    iss: 'unknown-issuer',
    nbf: 'not-yet-valid',
  };
  return failures[error.claim] ?? 'malformed';
}

import type { AuthFailure } from '@weir/contract';
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';

/** What a token says of itself before anything is verified: enough to choose issuer and key. */
interface TokenOutline {
  readonly issuer: string;
}

/** A compact JWS (RFC 7515 §7.1); the signature may be empty, for then the algorithm is at fault. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** ID tokens and plain JWTs say `JWT` or nothing, access tokens `at+jwt` (RFC 9068 §2.1). */
const TOKEN_TYPES = ['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt'];

/** Reads the parts that decide whether a token is looked at any further. Nothing here is proven. */
export function readOutline(
  token: string,
  algorithms: readonly string[],
): TokenOutline | AuthFailure {
  if (!COMPACT.test(token)) {
    return 'malformed';
  }
  const parts = decode(token);
  return parts === undefined
    ? 'malformed'
    : (headerFailure(parts.header, algorithms) ?? issuerOf(parts.payload));
}

interface TokenParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: JWTPayload;
}

function decode(token: string): TokenParts | undefined {
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

function headerFailure(
  header: TokenParts['header'],
  algorithms: readonly string[],
): AuthFailure | undefined {
  const { alg, typ, crit, kid } = header;
  // No extension is understood here, so one that must be understood cannot be met (RFC 7515 §4.1.11).
  if (crit !== undefined || (kid !== undefined && typeof kid !== 'string')) {
    return 'malformed';
  }
  if (typeof alg !== 'string' || !algorithms.includes(alg)) {
    return 'algorithm';
  }
  if (typ !== undefined && !(typeof typ === 'string' && TOKEN_TYPES.includes(typ.toLowerCase()))) {
    return 'wrong-type';
  }
  return undefined;
}

function issuerOf(payload: JWTPayload): TokenOutline | AuthFailure {
  const issuer: unknown = payload.iss;
  if (issuer === undefined) {
    return 'missing-claim';
  }
  return typeof issuer === 'string' ? { issuer } : 'malformed';
}

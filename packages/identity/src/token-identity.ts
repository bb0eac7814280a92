import type { AuthFailure, Principal } from '@weir/contract';
import type { JWTPayload } from 'jose';
import { z } from 'zod';
import type { TrustedIssuer } from './options.ts';

/** A principal and the user names under which it may log in. */
export interface TokenIdentity {
  readonly principal: Principal;
  readonly subject: string;
  readonly userName: string | undefined;
  /** The e-mail, unless the issuer says that it is not verified. */
  readonly email: string | undefined;
}

/** The last second that a Date can hold (ECMA-262 §21.4.1.1). */
const LAST_SECOND = 8.64e12;

/** Control characters have no business in a name, and could forge lines where names are shown. */
const text = z.string().refine((value) => !/\p{Cc}/u.test(value));
const name = text.min(1);
/** Issuers say that there is none by leaving it out, by `null` or by an empty string. */
const optionalName = text
  .nullish()
  .transform((value) => (value === '' ? undefined : (value ?? undefined)));

/** The claims that are read (OpenID Connect Core 1.0 §2 and §5.1, RFC 9068 §2.2). */
const CLAIMS = z.object({
  sub: name,
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number().max(LAST_SECOND),
  iat: z.number().optional(),
  jti: optionalName,
  azp: optionalName,
  client_id: optionalName,
  preferred_username: optionalName,
  email: optionalName,
  email_verified: z.union([z.boolean(), z.string()]).nullish(),
  cnf: z.unknown().optional(),
});
type Claims = z.infer<typeof CLAIMS>;

const GROUPS = z.union([z.array(name), name.transform((group) => [group])]).default([]);
const KIND = z.enum(['human', 'service', 'agent']);

/** Makes the identity from verified claims, or says which of them will not do. */
export function identityOf(
  payload: JWTPayload,
  issuer: TrustedIssuer,
  latestIssue: number,
): TokenIdentity | AuthFailure {
  const claims = CLAIMS.safeParse(payload);
  const groups = GROUPS.safeParse(payload[issuer.groupsClaim ?? 'groups']);
  const kind = KIND.default(issuer.kind ?? 'human').safeParse(claimedKind(payload, issuer));
  if (!claims.success || !groups.success || !kind.success) {
    return 'malformed';
  }
  const failure = claimsFailure(claims.data, latestIssue);
  if (failure !== undefined) {
    return failure;
  }
  const { sub: subject, preferred_username: userName, jti } = claims.data;
  const email = verifiedMail(claims.data, issuer);
  const principal: Principal = Object.freeze({
    issuer: issuer.url,
    subject,
    kind: kind.data,
    name: email ?? nameBeside(userName, subject),
    ...(email === undefined ? {} : { email }),
    groups: Object.freeze(groups.data),
    expiresAt: Math.floor(claims.data.exp * 1000),
    ...(jti === undefined ? {} : { credentialId: jti }),
  });
  // A user name is only held against the token that proves who it is, so it may be an e-mail of which
  // nothing is said; no rule matches by it, and nobody is called by it.
  const unsaid = claims.data.email_verified === undefined;
  return { principal, subject, userName, email: unsaid ? claims.data.email : email };
}

/** Whether the client names itself so; the names are those of a verified token. */
export function answersTo(identity: TokenIdentity, user: string): boolean {
  return (
    user === identity.subject ||
    user === identity.userName ||
    user.toLowerCase() === identity.email?.toLowerCase()
  );
}

function claimedKind(payload: JWTPayload, issuer: TrustedIssuer): unknown {
  return issuer.kindClaim === undefined ? undefined : payload[issuer.kindClaim];
}

function claimsFailure(claims: Claims, latestIssue: number): AuthFailure | undefined {
  if (claims.iat !== undefined && claims.iat * 1000 > latestIssue) {
    return 'not-yet-valid';
  }
  // A token bound to a key (RFC 7800) is worth nothing without proof of it, and a password field
  // has no room for that proof.
  if (claims.cnf !== undefined) {
    return 'wrong-type';
  }
  return partyFailure(claims);
}

/** A token for several audiences must say for whom it was made, in one voice (OIDC Core §3.1.3.7). */
function partyFailure({ aud, azp, client_id: client }: Claims): AuthFailure | undefined {
  if (azp !== undefined && client !== undefined && azp !== client) {
    return 'malformed';
  }
  const several = Array.isArray(aud) && aud.length > 1;
  return several && azp === undefined && client === undefined ? 'missing-claim' : undefined;
}

/** Some issuers write the claim as text; whatever is not a yes is a no (OIDC Core §5.1). */
function verifiedMail(claims: Claims, { emailTrusted }: TrustedIssuer): string | undefined {
  const { email, email_verified: verified = emailTrusted } = claims;
  return verified === true || verified === 'true' ? email : undefined;
}

/** What somebody without a verified e-mail is called: never what could be taken for one. */
function nameBeside(userName: string | undefined, subject: string): string {
  const plain = [userName, subject].find((known) => known?.includes('@') === false);
  return plain ?? `subject ${subject}`;
}

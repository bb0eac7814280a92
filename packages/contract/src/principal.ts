/** What kind of caller a principal is; audit and policy tell them apart. */
export type PrincipalKind = 'human' | 'service' | 'agent';

/**
 * Who is asking, as an issuer vouched for it. `(issuer, subject)` is the identity; the e-mail is a
 * label and never a key (OpenID Connect Core 1.0 §5.7).
 */
export interface Principal {
  readonly issuer: string;
  readonly subject: string;
  readonly kind: PrincipalKind;
  /**
   * What people read: the verified e-mail, else the preferred user name, else the subject. Only the
   * first looks like an e-mail.
   */
  readonly name: string;
  /** Verified, or absent. */
  readonly email?: string;
  readonly groups: readonly string[];
  /** When the credential ends, milliseconds since the epoch. */
  readonly expiresAt: number;
  /** The credential's own identifier (`jti`), where it has one. */
  readonly credentialId?: string;
}

/** The key under which a principal is counted and limited. */
export function principalKey(principal: Principal): string {
  return `${principal.issuer}|${principal.subject}`;
}

import type { Principal } from './principal.ts';
import type { Secret } from './secret.ts';

/** What a client offers as proof of who it is. */
export interface Credential {
  /** The user name that the client gave; claimed until the secret proves it. */
  readonly user: string;
  readonly secret: Secret;
  /** Whether the connection that carried it is encrypted. */
  readonly encrypted: boolean;
}

/** Why a credential was not taken. It goes to events and logs; clients read one and the same text. */
export type AuthFailure =
  | 'no-credential'
  | 'not-encrypted'
  | 'malformed'
  | 'algorithm'
  | 'unknown-issuer'
  | 'unknown-key'
  | 'bad-signature'
  | 'wrong-audience'
  | 'wrong-type'
  | 'expired'
  | 'not-yet-valid'
  | 'missing-claim'
  | 'user-mismatch'
  | 'issuer-unreachable';

export type Authentication =
  | { readonly authenticated: true; readonly principal: Principal }
  | { readonly authenticated: false; readonly failure: AuthFailure };

/** Credential to principal. Never throws for a bad credential. */
export interface Authenticator {
  authenticate(credential: Credential): Promise<Authentication>;
}

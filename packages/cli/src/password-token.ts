import { Secret } from '@weir/contract';
import { decodeJwt, type JWTPayload } from 'jose';
import { CommandFailure, EXIT } from './command-failure.ts';
import { printable } from './terminal.ts';

/** What an issuer gave out, as the OAuth client hands it over. */
export interface IssuedTokens {
  readonly access_token: string;
  readonly id_token?: string | undefined;
  readonly refresh_token?: string | undefined;
}

/** A token that a database takes as a password. */
interface PasswordToken {
  readonly token: Secret;
  /** The user name that goes with it. */
  readonly user: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Picks the token that is made for Weir: the access token when it is a JWT for this audience, else
 * the ID token. Whether it is genuine is for the proxy to say; here it is only read.
 */
export function passwordToken(issued: IssuedTokens, audience: string): PasswordToken {
  const offered = [issued.access_token, issued.id_token].flatMap((token) =>
    token === undefined ? [] : [{ token, claims: readClaims(token) }],
  );
  for (const { token, claims } of offered) {
    if (claims?.exp !== undefined && audiencesOf(claims).includes(audience)) {
      return { token: new Secret(token), user: userOf(claims), expiresAt: claims.exp * 1000 };
    }
  }
  const given = offered.flatMap(({ claims }) => (claims === undefined ? [] : audiencesOf(claims)));
  throw new CommandFailure(
    EXIT.issuer,
    `The issuer gave no token for the audience ${printable(audience)}`,
    given.length === 0
      ? 'It gave no readable token at all: ask its administrator for JWT access tokens.'
      : `It gave tokens for: ${printable(given.join(', '))}. Choose with --audience.`,
  );
}

function readClaims(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

function audiencesOf(claims: JWTPayload): readonly string[] {
  return [claims.aud ?? []].flat();
}

function userOf(claims: JWTPayload): string {
  const verified = claims['email_verified'] === undefined || claims['email_verified'] === true;
  const names = [verified ? claims['email'] : undefined, claims['preferred_username'], claims.sub];
  return names.find((name) => typeof name === 'string' && name !== '')?.toString() ?? '';
}

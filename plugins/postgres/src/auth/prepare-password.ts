import saslprep from '@mongodb-js/saslprep';

/**
 * The password as SCRAM uses it: prepared by SASLprep (RFC 4013), or as it is when SASLprep forbids
 * it. libpq and the server do the same, so that any password works.
 */
export function preparePassword(password: string): string {
  try {
    return saslprep(password);
  } catch {
    return password;
  }
}

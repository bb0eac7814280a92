import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** The answer to AuthenticationMD5Password: the stored hash, hashed again with the connection's salt. */
export function md5Password(user: string, password: string, salt: Uint8Array): string {
  const stored = md5(Buffer.from(password + user));
  return `md5${md5(Buffer.concat([Buffer.from(stored), salt]))}`;
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

import { readFileSync } from 'node:fs';

/** A system account by its numbers. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

const CANDIDATES = ['postgres', '_postgres', 'nobody'];

/**
 * The account that servers which refuse root should run as; undefined when this process is not root
 * and may run them itself.
 */
export function findUnprivilegedUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  for (const candidate of CANDIDATES) {
    const account = accounts.get(candidate);
    if (account !== undefined) return account;
  }
  throw new Error(`running as root, and none of the accounts ${CANDIDATES.join(', ')} exists`);
}

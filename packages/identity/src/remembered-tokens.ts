import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { HeldKeys } from './key-source.ts';
import type { TokenIdentity } from './token-identity.ts';

/**
 * Tokens that were verified, so that the many logins of a connection pool cost one signature. It
 * holds no token, only hashes, and an entry is good only for the very keys it was verified with:
 * when those are fetched again or can no longer be trusted, the token is verified again.
 */
export interface RememberedTokens {
  find(token: string, keys: HeldKeys): TokenIdentity | undefined;
  /** `until` is when the token is no longer taken, milliseconds since the epoch. */
  add(token: string, keys: HeldKeys, identity: TokenIdentity, until: number): void;
}

interface Entry {
  readonly keys: HeldKeys;
  readonly identity: TokenIdentity;
  readonly until: number;
}

/** Remembers at most `size` tokens and forgets the one that was used least recently. */
export function makeRememberedTokens(size: number, now: () => number): RememberedTokens {
  const entries = new LRUCache<string, Entry>({ max: size });
  return {
    find: (token, keys) => {
      const key = fingerprint(token);
      const entry = entries.get(key);
      if (entry === undefined) {
        return undefined;
      }
      if (entry.keys !== keys || now() >= entry.until) {
        entries.delete(key);
        return undefined;
      }
      return entry.identity;
    },
    add: (token, keys, identity, until) => {
      entries.set(fingerprint(token), { keys, identity, until });
    },
  };
}

function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

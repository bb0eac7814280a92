import { Buffer } from 'node:buffer';
import { createHash, pbkdf2Sync } from 'node:crypto';

/** Derivations that are kept: one for each target and account, as a rule. */
const KEPT = 64;
const SHA256_BYTES = 32;

/**
 * SCRAM's salted passwords (RFC 5802 §3, `Hi`). A derivation is slow on purpose: about 2 ms for the
 * 4096 iterations that PostgreSQL uses, 0.2 s for a million. As a database keeps an account's salt,
 * the last results are kept, too, and every further connection is free of it.
 */
export class SaltedPasswords {
  readonly #kept = new Map<string, Buffer>();

  derive(password: string, salt: Uint8Array, iterations: number): Buffer {
    const key = digest(password, salt, iterations);
    const salted =
      this.#kept.get(key) ?? pbkdf2Sync(password, salt, iterations, SHA256_BYTES, 'sha256');
    this.#kept.delete(key);
    this.#kept.set(key, salted);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return salted;
  }

  get size(): number {
    return this.#kept.size;
  }
}

/** So that no password is a key of the map. Lengths keep the parts apart. */
function digest(password: string, salt: Uint8Array, iterations: number): string {
  const bytes = Buffer.from(password);
  return createHash('sha256')
    .update(`${iterations} ${bytes.length} ${salt.length} `)
    .update(bytes)
    .update(salt)
    .digest('base64');
}

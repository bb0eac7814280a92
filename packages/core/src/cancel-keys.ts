import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { CancelKey } from '@weir/contract';

/** What a cancel key leads to. */
export interface Cancellable {
  cancel(): void;
}

/**
 * The cancel keys that Weir gave to its clients. The process number is the database's own, so that
 * clients see what the database would have told them; the secret is ours and random.
 */
export class CancelKeys {
  readonly #byProcess = new Map<number, Map<string, Cancellable>>();

  issue(process: number, secretBytes: number, session: Cancellable): CancelKey {
    const secret = randomBytes(secretBytes);
    const keys = this.#byProcess.get(process) ?? new Map<string, Cancellable>();
    keys.set(secret.toString('hex'), session);
    this.#byProcess.set(process, keys);
    return { process, secret };
  }

  revoke(key: CancelKey): void {
    const keys = this.#byProcess.get(key.process);
    keys?.delete(Buffer.from(key.secret).toString('hex'));
    if (keys?.size === 0) this.#byProcess.delete(key.process);
  }

  /** The session that holds this key. Secrets are compared in constant time. */
  find(key: CancelKey): Cancellable | undefined {
    const offered = Buffer.from(Buffer.from(key.secret).toString('hex'));
    for (const [secret, session] of this.#byProcess.get(key.process) ?? []) {
      const known = Buffer.from(secret);
      if (known.length === offered.length && timingSafeEqual(known, offered)) return session;
    }
    return undefined;
  }
}

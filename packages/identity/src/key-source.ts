import { WeirError } from '@weir/contract';
import type { KeyLookup, PublishedKeys } from './issuer-documents.ts';
import type { IdentityLimits } from './options.ts';

/** Keys that may be used now. A later fetch makes another object, even of the same keys. */
export interface HeldKeys {
  readonly find: KeyLookup;
  /** Milliseconds since the epoch until which they count as current. */
  readonly freshUntil: number;
}

/** Where the current keys of one issuer are read. `undefined` means that there are none to trust. */
export interface KeySource {
  current(): Promise<HeldKeys | undefined>;
  /** Asked when a token's key is not among `seen`: fetches again, unless that was done lately. */
  newerThan(seen: HeldKeys): Promise<HeldKeys | undefined>;
}

interface KeySourceOptions {
  /** What the issuer is called in faults. */
  readonly issuer: string;
  readonly fetchKeys: () => Promise<PublishedKeys>;
  readonly now: () => number;
  readonly limits: IdentityLimits;
  /** Must not throw. */
  readonly onFault: (fault: WeirError) => void;
}

/**
 * Keeps an issuer's keys. All who need them at once share one fetch. In an outage, keys that were
 * current serve on for a bounded time; after that nobody gets in.
 */
export function makeKeySource(options: KeySourceOptions): KeySource {
  return new CachedKeySource(options);
}

class CachedKeySource implements KeySource {
  readonly #options: KeySourceOptions;
  #held: HeldKeys | undefined;
  #attemptedAt: number | undefined;
  #failed = false;
  #underway: Promise<void> | undefined;

  constructor(options: KeySourceOptions) {
    this.#options = options;
  }

  async current(): Promise<HeldKeys | undefined> {
    if (this.#held !== undefined && this.#options.now() < this.#held.freshUntil) {
      return this.#held;
    }
    const refreshed = this.#refreshUnlessDoneLately();
    if (this.#failed && this.#usable() !== undefined) {
      // An issuer that is known to be down must not slow down those whom older keys let in.
      return this.#usable();
    }
    await refreshed;
    return this.#usable();
  }

  async newerThan(seen: HeldKeys): Promise<HeldKeys | undefined> {
    if (this.#held === seen) {
      await this.#refreshUnlessDoneLately();
    }
    // While the issuer is down, an unknown key may well be its newest one: nobody can tell.
    return this.#failed ? undefined : this.#usable();
  }

  #usable(): HeldKeys | undefined {
    const { now, limits } = this.#options;
    const held = this.#held;
    return held !== undefined && now() < held.freshUntil + limits.jwksMaxStaleMs ? held : undefined;
  }

  async #refreshUnlessDoneLately(): Promise<void> {
    const { now, limits } = this.#options;
    const pause = this.#usable() === undefined ? limits.jwksRetryMs : limits.jwksRefetchCooldownMs;
    if (this.#underway === undefined) {
      // A clock that was set back counts as time gone by, or no fetch would come for that long.
      if (this.#attemptedAt !== undefined && Math.abs(now() - this.#attemptedAt) < pause) {
        return;
      }
      this.#underway = this.#refresh().finally(() => {
        this.#underway = undefined;
      });
    }
    await this.#underway;
  }

  /** Never rejects: a fetch that failed leaves the keys that were held. */
  async #refresh(): Promise<void> {
    const { issuer, fetchKeys, now, limits, onFault } = this.#options;
    const startedAt = now();
    this.#attemptedAt = startedAt;
    try {
      const published = await fetchKeys();
      const wanted = published.freshMs ?? limits.jwksDefaultAgeMs;
      const age = Math.min(Math.max(wanted, limits.jwksRefetchCooldownMs), limits.jwksMaxAgeMs);
      this.#held = { find: published.find, freshUntil: startedAt + age };
      this.#failed = false;
    } catch (cause) {
      this.#failed = true;
      const message = `No keys from issuer ${issuer}: ${reasonOf(cause)}`;
      onFault(new WeirError('ERR_ISSUER_UNREACHABLE', message, { cause }));
    }
  }
}

/** What went wrong, in the words of whoever noticed: a connection, a status, a document. */
function reasonOf(cause: unknown): string {
  const text = typeof cause === 'object' && cause !== null && 'message' in cause && cause.message;
  return typeof text === 'string' && text !== '' ? text : 'cannot be reached';
}

import { LRUCache } from 'lru-cache';
import type { Adapter, AdapterPayload } from 'oidc-provider';

/** How many artefacts (sessions, device codes, tokens) an embedded issuer remembers. */
const STORED_ARTEFACTS = 10_000;

interface Entry {
  readonly model: string;
  readonly id: string;
  readonly payload: AdapterPayload;
}

/** Makes the adapters of one issuer, one per model; it outlives a change of keys. */
export function makeIssuerStore(): (model: string) => Adapter {
  const entries = new LRUCache<string, Entry>({ max: STORED_ARTEFACTS });
  return (model) => new ModelStore(entries, model);
}

class ModelStore implements Adapter {
  readonly #entries: LRUCache<string, Entry>;
  readonly #model: string;

  constructor(entries: LRUCache<string, Entry>, model: string) {
    this.#entries = entries;
    this.#model = model;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const options = expiresIn === undefined ? {} : { ttl: expiresIn * 1000 };
    this.#entries.set(this.#key(id), { model: this.#model, id, payload }, options);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.#entries.get(this.#key(id))?.payload;
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#search((payload) => payload.userCode === userCode);
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#search((payload) => payload.uid === uid);
  }

  async consume(id: string): Promise<void> {
    const payload = await this.find(id);
    if (payload !== undefined) {
      payload.consumed = Math.floor(Date.now() / 1000);
    }
  }

  async destroy(id: string): Promise<void> {
    this.#entries.delete(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, entry] of this.#entries.entries()) {
      if (entry.payload.grantId === grantId) {
        this.#entries.delete(key);
      }
    }
  }

  #key(id: string): string {
    return `${this.#model}:${id}`;
  }

  #search(matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const entry of this.#entries.values()) {
      if (entry.model === this.#model && matches(entry.payload)) {
        return entry.payload;
      }
    }
    return undefined;
  }
}

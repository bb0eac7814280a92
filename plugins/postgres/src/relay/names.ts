/**
 * The names that a client gave to prepared statements or portals, as they will stand once everything
 * that is already sent has run (`pending`), and as the database confirmed them (`confirmed`). When the
 * database skips a batch, `pending` is rebuilt from what was confirmed.
 */
export class Names<T> {
  readonly #confirmed = new Map<string, T>();
  #pending = new Map<string, T>();

  get size(): number {
    return this.#pending.size;
  }

  get(name: string): T | undefined {
    return this.#pending.get(name);
  }

  values(): Iterable<T> {
    return this.#pending.values();
  }

  /** A message that gives (or, with undefined, takes) the name has been sent. */
  declare(name: string, value: T | undefined): void {
    set(this.#pending, name, value);
  }

  /** The database has carried that message out. */
  confirm(name: string, value: T | undefined): void {
    set(this.#confirmed, name, value);
  }

  /** Forgets what was declared but not confirmed; the caller declares anew what is still under way. */
  rollback(): void {
    this.#pending = new Map(this.#confirmed);
  }

  clear(): void {
    this.#confirmed.clear();
    this.#pending.clear();
  }
}

function set<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}

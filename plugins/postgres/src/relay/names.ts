/** One message that gives or takes a name, and has not been answered yet. */
interface Change<T> {
  /** What the name stands for then; undefined when it is taken. */
  readonly value: T | undefined;
  /** The outstanding message. */
  readonly by: object;
  readonly segment: number;
}

/**
 * The names of prepared statements or of portals: as the database confirmed them, and the changes
 * that are under way. Which statement a name stands for decides what may run, so a change counts only
 * where it is sure to have happened: within its own segment (`SessionState.segment`), where what comes
 * later is skipped with it, or once it is confirmed.
 */
export class Names<T> {
  readonly #confirmed = new Map<string, T>();
  readonly #changes = new Map<string, Change<T>>();
  /** A change that takes every name. */
  #all: Change<T> | undefined;

  /** How many names there are, or a little more. */
  get atMost(): number {
    return this.#confirmed.size + this.#changes.size;
  }

  /** What the name will stand for when all that is under way has happened. */
  get(name: string): T | undefined {
    const change = this.#change(name);
    return change === undefined ? this.#confirmed.get(name) : change.value;
  }

  /** Whether a change of this name, made before this segment, may still not happen. */
  unsure(name: string, segment: number): boolean {
    const change = this.#change(name);
    return change !== undefined && change.segment < segment;
  }

  isConfirmed(name: string): boolean {
    return this.#confirmed.has(name);
  }

  /** Everything that a name stands for or may come to stand for. */
  *values(): Iterable<T> {
    yield* this.#confirmed.values();
    for (const { value } of this.#changes.values()) if (value !== undefined) yield value;
  }

  /** `by`, which gives the name (or takes it: undefined), has been sent. */
  declare(name: string, value: T | undefined, by: object, segment: number): void {
    if (value === undefined && this.get(name) === undefined) return;
    this.#changes.set(name, { value, by, segment });
  }

  /** `by`, which takes every name, has been sent. */
  declareNone(by: object, segment: number): void {
    this.#changes.clear();
    this.#all = { value: undefined, by, segment };
  }

  /** The database has carried out `by`. */
  confirm(name: string, value: T | undefined, by: object): void {
    if (this.#changes.get(name)?.by === by) this.#changes.delete(name);
    if (value === undefined) this.#confirmed.delete(name);
    else this.#confirmed.set(name, value);
  }

  /** The database has carried out `by`, which takes every name. */
  confirmNone(by: object): void {
    if (this.#all?.by === by) this.#all = undefined;
    this.#confirmed.clear();
  }

  /** All that is confirmed has come to its end. */
  forgetConfirmed(): void {
    if (this.#confirmed.size > 0) this.#confirmed.clear();
  }

  /** Forgets the changes under way; the caller declares anew those that still are. */
  rollback(): void {
    this.#changes.clear();
    this.#all = undefined;
  }

  #change(name: string): Change<T> | undefined {
    return this.#changes.size === 0 ? this.#all : (this.#changes.get(name) ?? this.#all);
  }
}

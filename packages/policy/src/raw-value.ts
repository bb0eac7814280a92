/** Looks into values whose shape is not known yet; what is not there reads as nothing. */
type RawMap = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is RawMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A map's entries; none when it is no map. */
export function entriesOf(value: unknown): readonly [string, unknown][] {
  return isMap(value) ? Object.entries(value) : [];
}

/** Whether it is a map without entries. */
export function isEmptyMap(value: unknown): boolean {
  return isMap(value) && Object.keys(value).length === 0;
}

/** A list's items; none when it is no list. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What stands under a key, or under several of them in turn. */
export function fieldOf(value: unknown, ...keys: readonly (string | number)[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof key === 'number') current = itemsOf(current)[key];
    else current = isMap(current) && Object.hasOwn(current, key) ? current[key] : undefined;
  }
  return current;
}

/** A string, or undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The kind of a value in a reader's words. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}

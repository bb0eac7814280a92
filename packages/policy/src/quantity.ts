const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KB', 1000],
  ['MB', 1000 ** 2],
  ['GB', 1000 ** 3],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);

/** How a duration is written; for editors and error texts. */
export const DURATION_PATTERN = /^([0-9]{1,9})(ms|s|m|h)$/;
/** How a size is written; for editors and error texts. */
export const SIZE_PATTERN = /^([0-9]{1,12})(B|KB|MB|GB|KiB|MiB|GiB)$/;

/** `30s`, `5m`, `1h`, `250ms` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  return quantity(text, DURATION_PATTERN, DURATION_UNITS);
}

/** `16MB`, `64KiB`, `512B` in bytes; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  return quantity(text, SIZE_PATTERN, SIZE_UNITS);
}

function quantity(
  text: string,
  pattern: RegExp,
  units: ReadonlyMap<string, number>,
): number | undefined {
  const [, digits, unit] = pattern.exec(text) ?? [];
  const factor = units.get(unit ?? '');
  if (digits === undefined || factor === undefined) return undefined;
  return Number(digits) * factor;
}

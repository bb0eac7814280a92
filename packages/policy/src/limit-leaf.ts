import { countLeaf, textLeaf } from './leaf.ts';
import type { LimitSpec } from './limits.ts';
import { DURATION_PATTERN, parseDuration, parseSize, SIZE_PATTERN } from './quantity.ts';

/** The schema of one limit: its value in milliseconds, bytes or pieces, its default when absent. */
export function limitLeaf(spec: LimitSpec) {
  const description = spec.meaning;
  if (spec.unit === 'count') {
    const { min, max, fallback } = spec;
    return countLeaf({
      min,
      max,
      message: 'malformed number or out of range',
      description,
    }).prefault(fallback);
  }
  const isTime = spec.unit === 'duration';
  const parse = isTime ? parseDuration : parseSize;
  const [min, max] = [parse(spec.min) ?? Number.NaN, parse(spec.max) ?? Number.NaN];
  const shape = isTime ? 'a duration such as 250ms, 30s, 5m or 1h' : 'a size such as 64KiB or 16MB';
  return textLeaf({
    pattern: isTime ? DURATION_PATTERN : SIZE_PATTERN,
    parse: (text) => {
      const value = parse(text) ?? Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    message: `malformed ${spec.unit} or out of range`,
    expected: `${shape}, from ${spec.min} to ${spec.max}`,
    description,
  }).prefault(spec.fallback);
}

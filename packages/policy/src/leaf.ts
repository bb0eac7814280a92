import { z } from 'zod';

/** A setting that is written as a string: how it is read, and what is said when it cannot be. */
interface TextLeaf<T> {
  /** What editors check; the reader may know better. */
  readonly pattern: RegExp;
  /** The value, or undefined when the text is malformed. */
  readonly parse: (text: string) => T | undefined;
  readonly message: string;
  readonly expected: string;
  readonly description?: string;
  /** The setting is itself a reference to a variable or file; elsewhere one is explained. */
  readonly isReference?: boolean;
}

const MISPLACED_REFERENCE = 'a reference to a variable or file can only stand as a password';

/** A string setting's schema. Its problems carry `expected`, never the text. */
export function textLeaf<T>(leaf: TextLeaf<T>) {
  const { pattern, description } = leaf;
  const meta = { pattern: pattern.source, ...(description === undefined ? {} : { description }) };
  return z
    .string({ error: leaf.expected })
    .meta(meta)
    .transform((text, context): T => {
      const value = leaf.parse(text);
      if (value !== undefined) return value;
      const message =
        leaf.isReference !== true && text.includes('${') ? MISPLACED_REFERENCE : leaf.message;
      context.addIssue({ code: 'custom', message, params: { expected: leaf.expected } });
      return z.NEVER;
    });
}

/** A string setting that is taken as it stands when it matches. */
export function patternLeaf(leaf: Omit<TextLeaf<string>, 'parse'>) {
  const { pattern } = leaf;
  return textLeaf({
    ...leaf,
    parse: (text) => (pattern.test(text) && !text.includes('${') ? text : undefined),
  });
}

/** A whole number within bounds. */
export function countLeaf(leaf: {
  min: number;
  max: number;
  message: string;
  description?: string;
}) {
  const { min, max, message, description } = leaf;
  const expected = `a whole number from ${min} to ${max}`;
  const meta = { type: 'integer', minimum: min, maximum: max } as const;
  return z
    .number({ error: expected })
    .meta({ ...meta, ...(description === undefined ? {} : { description }) })
    .transform((value, context): number => {
      if (Number.isInteger(value) && value >= min && value <= max) return value;
      context.addIssue({
        code: 'custom',
        message,
        params: { expected },
      });
      return z.NEVER;
    });
}

import type { z } from 'zod';
import { isFutureKey } from './future-keys.ts';
import { knownKeysAt } from './json-schema.ts';
import type { Finding, Path } from './problem.ts';
import { fieldOf, kindOf, textOf } from './raw-value.ts';
import { nearest } from './suggestion.ts';

type Issue = z.core.$ZodIssue;

const KINDS: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** A key as people write settings; only such a key is repeated in a message. */
const KEY_WORD = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;

/** What a shape check found, in our words and without any value of the file. */
export function shapeFindings(error: z.ZodError, root: unknown): Finding[] {
  return error.issues.flatMap((issue) => issueFindings(issue, [], root));
}

function issueFindings(issue: Issue, base: Path, root: unknown): Finding[] {
  const path = [
    ...base,
    ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
  ];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key));
  const value = fieldOf(root, ...path);
  if (value === undefined || value === null) return [missing(path, issue, value === null)];
  switch (issue.code) {
    case 'invalid_type':
      return [wrongKind(path, expectedOf(issue), value, issue.expected === 'string')];
    case 'invalid_union':
      return unionFindings(issue, path, value, root);
    case 'invalid_value':
      return [wrongWord(path, issue, value)];
    case 'too_small':
      return [{ path, at: 'value', message: 'the list is empty', expected: 'at least one' }];
    case 'too_big':
      return [
        {
          path,
          at: 'value',
          message: 'the list is too long',
          expected: `at most ${issue.maximum}`,
        },
      ];
    case 'custom':
      return [custom(path, issue)];
    default:
      return [{ path, at: 'value', message: 'malformed value' }];
  }
}

function unknownKey(path: Path, key: string): Finding {
  const spot = [...path, key];
  if (isFutureKey(path, key)) {
    return { path: spot, at: 'key', message: `${key} is not supported by this version of Weir` };
  }
  const known = knownKeysAt(path);
  const suggestion = nearest(key, known);
  // Where a password belongs, a stray word may be the password.
  const spoken = KEY_WORD.test(key) && (suggestion !== undefined || path.at(-1) !== 'upstream');
  return {
    path: spoken ? spot : path,
    spot,
    at: 'key',
    message: spoken ? `unknown key ${key}` : 'unknown key',
    expected: `one of ${known.join(', ')}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function missing(path: Path, issue: Issue, named: boolean): Finding {
  const key = String(path.at(-1) ?? 'the file');
  const message = named ? `${key} has no value` : `${key} is missing`;
  if (issue.code !== 'invalid_type') return { path, at: 'value', message };
  return { path, at: 'value', message, expected: expectedOf(issue) };
}

/** Leaves bring their own words. */
function expectedOf(issue: z.core.$ZodIssueInvalidType): string {
  return KINDS[issue.expected] ?? issue.message;
}

function wrongKind(path: Path, expected: string, value: unknown, asText = false): Finding {
  const bare = asText && ['number', 'boolean'].includes(typeof value) ? ' without quotes' : '';
  return { path, at: 'value', message: `wrong type: ${kindOf(value)}${bare}`, expected };
}

function wrongWord(path: Path, issue: z.core.$ZodIssueInvalidValue, value: unknown): Finding {
  const words = issue.values.map(String);
  const suggestion = words.length === 1 ? undefined : nearest(textOf(value) ?? '', words);
  return {
    path,
    at: 'value',
    message: issue.message,
    expected: words.length === 1 ? `only ${words.join()}` : `one of ${words.join(', ')}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** Speaks of the alternative that the value is of the kind of; of all when it is of none. */
function unionFindings(
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  value: unknown,
  root: unknown,
): Finding[] {
  const meant = issue.errors.filter((branch) => !branch.some(isOfAnotherKind));
  const [only] = meant;
  if (only === undefined || meant.length > 1) return [wrongKind(path, issue.message, value)];
  return only.flatMap((inner) => issueFindings(inner, path, root));
}

function isOfAnotherKind(issue: Issue): boolean {
  return (
    issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
  );
}

function custom(path: Path, issue: z.core.$ZodIssueCustom): Finding {
  const expected = textOf(fieldOf(issue.params, 'expected'));
  return {
    path,
    at: 'value',
    message: issue.message,
    ...(expected === undefined ? {} : { expected }),
  };
}

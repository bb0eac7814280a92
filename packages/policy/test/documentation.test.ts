import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { configJsonSchema, LIMITS } from '@weir/policy';
import * as bounds from '../src/file-limits.ts';

const PAGE = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

/** The rows of every table that has this head, without the head. */
function rowsUnder(head: string): string[][] {
  const tables = PAGE.split('\n\n').filter((part) => part.startsWith(head));
  return tables.flatMap((table) =>
    table
      .trim()
      .split('\n')
      .slice(2)
      .map((row) =>
        row
          .split('|')
          .map((cell) => cell.trim())
          .slice(1, -1),
      ),
  );
}

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly required?: readonly string[];
  readonly default?: unknown;
}

/** Every key that the validator knows, with its default as the page writes it. */
function keysOf(node: Node, path: string): [string, string][] {
  const fixed = Object.entries(node.properties ?? {}).flatMap(([key, inner]) => {
    const name = path === '' ? key : `${path}.${key}`;
    const isRequired = node.required?.includes(key) ?? false;
    return [
      [name, isRequired ? 'required' : defaultOf(inner)] as [string, string],
      ...keysOf(inner, name),
    ];
  });
  const free = node.additionalProperties;
  const named = `${path}.NAME`;
  return [
    ...fixed,
    ...(typeof free === 'object' ? [[named, ''] as [string, string], ...keysOf(free, named)] : []),
    ...(node.items === undefined ? [] : itemKeys(node.items, `${path}[]`)),
    ...(node.anyOf ?? []).flatMap((inner) => keysOf(inner, path)),
  ];
}

/** Items of fixed keys are told by their keys, others by a row of their own. */
function itemKeys(item: Node, path: string): [string, string][] {
  return item.properties === undefined ? [[path, '']] : keysOf(item, path);
}

function defaultOf(node: Node): string {
  if (node.default === undefined) return '';
  const text = typeof node.default === 'string' ? node.default : JSON.stringify(node.default);
  return `\`${text}\``;
}

describe('docs/configuration.md', () => {
  it('has every key with its default, and no other', () => {
    const schema: Node = JSON.parse(JSON.stringify(configJsonSchema()));
    const known = keysOf(schema, '').filter(([key]) => !key.startsWith('limits.'));
    const told = rowsUnder('| key |').map(([key, byDefault]) => [key, byDefault]);
    const groups = ['access[].groups[]', 'access[].kinds[]', 'identity.issuers[]'];
    const expected = known
      .filter(([key]) => !groups.includes(key))
      .map(([key, byDefault]) => [`\`${key}\``, byDefault]);
    expect(told).toEqual(expected);
  });

  it('has every limit with its default, range and meaning, and no other', () => {
    expect(rowsUnder('| limit |')).toEqual(
      Object.entries(LIMITS).map(([name, { fallback, min, max, meaning }]) => [
        `\`${name}\``,
        `\`${fallback}\``,
        `\`${min}\` to \`${max}\``,
        meaning,
      ]),
    );
  });

  it('has every bound of reading the file with its value', () => {
    const told = rowsUnder('| bound |').filter(([name]) => name?.startsWith('`MAX_'));
    expect(told.map(([name, value]) => [name, value]).sort()).toEqual(
      Object.entries(bounds)
        .map(([name, value]) => [`\`${name}\``, String(value)])
        .sort(),
    );
  });
});

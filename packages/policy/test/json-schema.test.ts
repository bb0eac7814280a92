import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { configJsonSchema } from '@weir/policy';

const FILE = new URL('../schema/weir.schema.json', import.meta.url);

describe('the JSON Schema for editors', () => {
  it('is what the validator says; `pnpm --filter @weir/policy schema` writes it anew', () => {
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(configJsonSchema());
  });

  it('is of the 2020-12 dialect and refuses unknown keys in every map of fixed keys', () => {
    const open: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      if ('properties' in schema && path.split('.').at(-1) !== 'properties') {
        if (!('additionalProperties' in schema) || schema.additionalProperties !== false)
          open.push(path);
      }
      for (const [key, inner] of Object.entries(schema)) visit(inner, `${path}.${key}`);
    };
    const schema = configJsonSchema();
    visit(schema, '$');
    expect(open).toEqual([]);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  });
});

import { z } from 'zod';
import type { Path } from './problem.ts';
import { configShape } from './shape.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;
type SubSchema = JsonSchema | boolean | undefined;

const SCHEMA: JsonSchema = z.toJSONSchema(configShape, { io: 'input', target: 'draft-2020-12' });

/** The JSON Schema (2020-12) of `weir.yaml` for editors. It knows the shape; references are the reader's. */
export function configJsonSchema(): JsonSchema {
  return {
    $id: 'https://weir.dev/schema/weir.schema.json',
    title: 'weir.yaml',
    ...SCHEMA,
  };
}

/** The keys that a map at this path may have; none when it is no map with fixed keys. */
export function knownKeysAt(path: Path): readonly string[] {
  return schemasAt(path).flatMap((schema) => Object.keys(schema.properties ?? {}));
}

/** A path up to the first step that the shape does not know: such a step may be anything at all. */
export function knownPart(path: Path): Path {
  const unknown = path.findIndex(
    (_step, index) => schemasAt(path.slice(0, index + 1)).length === 0,
  );
  return unknown === -1 ? path : path.slice(0, unknown);
}

function schemasAt(path: Path): readonly JsonSchema[] {
  let schemas: readonly JsonSchema[] = alternatives(SCHEMA);
  for (const step of path) {
    schemas = schemas.flatMap((schema) => alternatives(childOf(schema, step)));
  }
  return schemas;
}

function alternatives(schema: SubSchema): JsonSchema[] {
  if (schema === undefined || typeof schema === 'boolean') return [];
  return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(alternatives);
}

function childOf(schema: JsonSchema, step: string | number): SubSchema {
  if (typeof step === 'number') return Array.isArray(schema.items) ? undefined : schema.items;
  const fixed = schema.properties;
  if (fixed !== undefined && Object.hasOwn(fixed, step)) return fixed[step];
  return schema.additionalProperties;
}

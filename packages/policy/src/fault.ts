import { knownPart } from './json-schema.ts';
import type { LineIndex } from './line-index.ts';
import { type ConfigProblem, formatPath, type Path } from './problem.ts';

/** A problem of the text itself, placed by its offset in UTF-16 code units. */
export interface Fault {
  readonly offset: number;
  readonly path?: Path;
  readonly message: string;
  readonly expected?: string;
}

/** A fault with its line and column. */
export function placeFault(file: string, lines: LineIndex, fault: Fault): ConfigProblem {
  const { offset, path = [], ...words } = fault;
  return { file, ...lines.at(offset), path: formatPath(knownPart(path)), ...words };
}

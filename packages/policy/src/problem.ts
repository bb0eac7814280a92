/** What is wrong with a configuration, and where. Never carries a value that the file holds. */
export interface ConfigProblem {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** Counts from 1, in UTF-16 code units. */
  readonly column: number;
  /** The setting, such as `targets.orders.upstream.tls` or `access[0].allow`; empty for the file. */
  readonly path: string;
  readonly message: string;
  /** What would have been right. */
  readonly expected?: string;
  /** The known word that comes nearest to the one in the file. */
  readonly suggestion?: string;
}

/** The way to a setting: map keys and list positions. */
export type Path = readonly (string | number)[];

/** A problem before its place in the file is looked up. */
export interface Finding {
  /** The setting to name. */
  readonly path: Path;
  /** The setting to point at when it must not be named; `path` when absent. */
  readonly spot?: Path;
  /** Whether the place is the setting's key or its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly expected?: string;
  readonly suggestion?: string;
}

const PLAIN_KEY = /^[A-Za-z0-9_-]+$/;

/** A path as people read it. Keys that are not plain words stand in quotes. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (PLAIN_KEY.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** A problem as one line: `file:line:column: message`, what was expected and a suggestion. */
export function formatProblem(problem: ConfigProblem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
  const expected = problem.expected === undefined ? '' : `; expected ${problem.expected}`;
  const hint = problem.suggestion === undefined ? '' : `; did you mean ${problem.suggestion}?`;
  return `${place}${expected}${hint}`;
}

import { type Sections, targetsWith, weirYaml } from './fixture.ts';

/**
 * One malformed file. `^` stands right before the place where the problem must be reported; it is
 * taken out before the file is read.
 */
export interface Malformed {
  readonly what: string;
  readonly yaml: string;
  readonly message: string;
  readonly expected?: string;
  readonly suggestion?: string;
}

/** A whole file. */
export function file(
  what: string,
  yaml: string,
  message: string,
  more: Partial<Malformed> = {},
): Malformed {
  return { what, yaml, message, ...more };
}

/** A valid file but for these sections. */
export function sections(
  what: string,
  changed: Sections,
  message: string,
  more: Partial<Malformed> = {},
) {
  return file(what, weirYaml(changed), message, more);
}

/** A valid file but for a line of a target's upstream. */
export function upstream(
  what: string,
  line: string,
  message: string,
  more: Partial<Malformed> = {},
) {
  return file(what, weirYaml(targetsWith(line)), message, more);
}

/** A valid file but for its access rules. */
export function rules(what: string, lines: string, message: string, more: Partial<Malformed> = {}) {
  return file(what, weirYaml({ access: `access:\n${lines}` }), message, more);
}

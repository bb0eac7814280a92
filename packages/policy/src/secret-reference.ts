/** Where a secret is kept: an environment variable's name or a file's path. */
export interface SecretReference {
  readonly from: 'env' | 'file';
  readonly name: string;
}

/** How a reference is written: `${env:NAME}` or `${file:PATH}` and nothing beside it. */
export const REFERENCE_PATTERN =
  /^\$\{(?:(env):([A-Za-z_][A-Za-z0-9_]{0,254})|(file):([^{}$]{1,4096}))\}$/;

/** What is said where a reference should stand. */
export const REFERENCE_EXPECTED = `\${env:NAME} or \${file:PATH}`;

/** Reads a reference; undefined for anything else, such as a secret that stands there itself. */
export function parseReference(text: string): SecretReference | undefined {
  const [, env, variable, file, path] = REFERENCE_PATTERN.exec(text) ?? [];
  if (env !== undefined && variable !== undefined) return { from: 'env', name: variable };
  if (file !== undefined && path !== undefined) return { from: 'file', name: path };
  return undefined;
}

import type { SecretReference } from './secret-reference.ts';

/** What a file or variable holds, or why it could not be had: a reason in words, without content. */
export type Reading =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** Where a configuration's secrets and files come from. Both answer and never throw. */
export interface ConfigSources {
  /** The text of a secret; a `file` reference has an absolute path. */
  readonly resolveSecret: (reference: SecretReference) => Reading;
  /** The text of a certificate or key file, by absolute path. */
  readonly readFile: (path: string) => Reading;
}

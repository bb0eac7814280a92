import { patternLeaf } from './leaf.ts';

/** Names of targets, issuers and environments. No slash: a database name is `target/database`. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
export const NAME_EXPECTED =
  'letters, digits and . _ - (at most 63, no slash), beginning with a letter or digit';

/** The name of a target, an issuer or an environment. */
export function nameLeaf(what: string) {
  return patternLeaf({
    pattern: NAME_PATTERN,
    message: `malformed ${what} name`,
    expected: NAME_EXPECTED,
  });
}

/** One line of text that means something to another system: a group, a claim, a subject. */
export function textSetting(what: string, longest: number) {
  return patternLeaf({
    pattern: new RegExp(`^\\S(.{0,${longest - 2}}\\S)?$`),
    message: `malformed ${what}`,
    expected: `text of 1 to ${longest} characters without blanks at the ends`,
  });
}

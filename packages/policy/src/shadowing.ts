import { type AccessRule, namedPrincipalKey, type TargetSelector } from './access-rule.ts';

const ALL_KINDS = 3;

/**
 * Whether `wide`, standing first, takes every session that `narrow` could: the same or more people
 * on the same or more targets.
 *
 * @param membersOf the names of the targets of an environment
 */
export function shadows(
  wide: AccessRule,
  narrow: AccessRule,
  membersOf: (environment: string) => readonly string[],
): boolean {
  return (
    holds(wide.groups, narrow.groups) &&
    (wide.kinds?.length === ALL_KINDS || holds(wide.kinds, narrow.kinds)) &&
    holds(wide.principals?.map(namedPrincipalKey), narrow.principals?.map(namedPrincipalKey)) &&
    holdsTargets(wide.targets, narrow.targets, membersOf)
  );
}

/** A list that is not given holds everybody. */
function holds(
  wide: readonly string[] | undefined,
  narrow: readonly string[] | undefined,
): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  const known = new Set(wide);
  return narrow.every((item) => known.has(item));
}

function holdsTargets(
  wide: TargetSelector,
  narrow: TargetSelector,
  membersOf: (environment: string) => readonly string[],
): boolean {
  // Asked first: a target that joins the environment later is held too.
  if (!('names' in wide) && !('names' in narrow)) return wide.environment === narrow.environment;
  const names = namesOf(narrow, membersOf);
  return names.length > 0 && holds(namesOf(wide, membersOf), names);
}

function namesOf(
  selector: TargetSelector,
  membersOf: (environment: string) => readonly string[],
): readonly string[] {
  return 'names' in selector ? selector.names : membersOf(selector.environment);
}

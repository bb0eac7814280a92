import type { Principal, PrincipalKind } from '@weir/contract';
import type { AccessRuleShape } from './shape.ts';

/** One principal that a rule names, by the issuer that vouches for it. */
export interface NamedPrincipal {
  /** The issuer's name in the configuration. */
  readonly issuer: string;
  readonly subject?: string;
  /** Compared without regard to the case of ASCII letters. */
  readonly email?: string;
}

/** The targets that a rule speaks of. */
export type TargetSelector =
  | { readonly environment: string }
  | { readonly names: readonly string[] };

/**
 * Who may open sessions on which targets. Within one list any entry matches; of the lists that are
 * given, all must match.
 */
export interface AccessRule {
  readonly name: string;
  readonly groups?: readonly string[];
  readonly kinds?: readonly PrincipalKind[];
  readonly principals?: readonly NamedPrincipal[];
  readonly targets: TargetSelector;
}

/** A rule as the policy keeps it: lists are sets, so they are sorted and without repetition. */
export function makeAccessRule(shape: AccessRuleShape): AccessRule {
  const { name, groups, kinds, principals, targets } = shape;
  return {
    name,
    ...(groups === undefined ? {} : { groups: asSet(groups) }),
    ...(kinds === undefined ? {} : { kinds: asSet(kinds) }),
    ...(principals === undefined ? {} : { principals: principals.map(makeNamedPrincipal) }),
    targets: Array.isArray(targets) ? { names: asSet(targets) } : targets,
  };
}

/** Whether the rule speaks of this principal, whose issuer's name in the configuration is `issuer`. */
export function matchesWho(rule: AccessRule, principal: Principal, issuer: string): boolean {
  const { groups, kinds, principals } = rule;
  if (groups === undefined && kinds === undefined && principals === undefined) return false;
  return (
    (groups === undefined || principal.groups.some((group) => groups.includes(group))) &&
    (kinds === undefined || kinds.includes(principal.kind)) &&
    (principals === undefined || principals.some((named) => isNamed(named, principal, issuer)))
  );
}

/** Whether the rule speaks of a target of this name and environment. */
export function matchesTarget(rule: AccessRule, name: string, environment: string): boolean {
  const { targets } = rule;
  return 'names' in targets ? targets.names.includes(name) : targets.environment === environment;
}

/** E-mail addresses in the form in which they are compared. */
function foldEmail(email: string): string {
  return email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** One string for each named principal; equal when they name the same one in the same way. */
export function namedPrincipalKey(named: NamedPrincipal): string {
  return JSON.stringify([named.issuer, named.subject ?? null, named.email ?? null]);
}

function isNamed(named: NamedPrincipal, principal: Principal, issuer: string): boolean {
  if (named.issuer !== issuer) return false;
  if (named.subject !== undefined) return named.subject === principal.subject;
  return principal.email !== undefined && named.email === foldEmail(principal.email);
}

function makeNamedPrincipal(shape: {
  readonly issuer: string;
  readonly subject?: string | undefined;
  readonly email?: string | undefined;
}): NamedPrincipal {
  const { issuer, subject, email } = shape;
  return {
    issuer,
    ...(subject === undefined ? {} : { subject }),
    ...(email === undefined ? {} : { email: foldEmail(email) }),
  };
}

function asSet<T extends string>(items: readonly T[]): readonly T[] {
  return [...new Set(items)].sort();
}

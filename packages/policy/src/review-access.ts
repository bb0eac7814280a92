import { type AccessRule, makeAccessRule } from './access-rule.ts';
import { MAX_RULES } from './file-limits.ts';
import type { Finding, Path } from './problem.ts';
import { entriesOf, fieldOf, itemsOf, textOf } from './raw-value.ts';
import type { Review } from './review.ts';
import { issuerNames } from './review-issuers.ts';
import { shadows } from './shadowing.ts';
import { accessRule } from './shape.ts';
import { nearest } from './suggestion.ts';

const WHO = ['groups', 'kinds', 'principals'];

/** Checks that each rule can be told apart, says who, refers to what exists and can be reached. */
export function reviewAccess(raw: unknown): Review {
  const access = fieldOf(raw, 'access');
  const rules = itemsOf(access);
  const environments = environmentsOf(raw);
  const targets = new Set(entriesOf(fieldOf(raw, 'targets')).map(([name]) => name));
  const issuers = issuerNames(raw);
  const problems = rules.flatMap((rule, index) => [
    ...emptyWho(rule, ['access', index]),
    ...targetReferences(rule, ['access', index, 'targets'], targets, environments),
    ...issuerReferences(rule, ['access', index, 'principals'], issuers),
  ]);
  const message = 'there is no access rule: nobody can open a session';
  const warnings: Finding[] =
    Array.isArray(access) && access.length === 0 ? [{ path: ['access'], at: 'key', message }] : [];
  return {
    problems: [...problems, ...duplicateNames(rules), ...unreachable(rules, environments)],
    warnings,
  };
}

function environmentsOf(raw: unknown): ReadonlyMap<string, readonly string[]> {
  const environments = new Map<string, string[]>();
  for (const [name, target] of entriesOf(fieldOf(raw, 'targets'))) {
    const environment = textOf(fieldOf(target, 'environment'));
    if (environment === undefined) continue;
    const members = environments.get(environment) ?? [];
    members.push(name);
    environments.set(environment, members);
  }
  return environments;
}

function emptyWho(rule: unknown, path: Path): Finding[] {
  const keys = entriesOf(rule).map(([key]) => key);
  if (keys.length === 0 || keys.some((key) => WHO.includes(key))) return [];
  const message = 'the rule does not say who';
  return [{ path, at: 'value', message, expected: `at least one of ${WHO.join(', ')}` }];
}

function targetReferences(
  rule: unknown,
  path: Path,
  targets: ReadonlySet<string>,
  environments: ReadonlyMap<string, readonly string[]>,
): Finding[] {
  const selector = fieldOf(rule, 'targets');
  const environment = textOf(fieldOf(selector, 'environment'));
  if (environment !== undefined) {
    const place = [...path, 'environment'];
    return dangling(
      place,
      environment,
      new Set(environments.keys()),
      'no target is in this environment',
    );
  }
  return itemsOf(selector).flatMap((name, index) =>
    dangling([...path, index], textOf(name), targets, 'there is no target of this name'),
  );
}

function issuerReferences(rule: unknown, path: Path, issuers: ReadonlySet<string>): Finding[] {
  return itemsOf(fieldOf(rule, 'principals')).flatMap((principal, index) => {
    const name = textOf(fieldOf(principal, 'issuer'));
    return dangling([...path, index, 'issuer'], name, issuers, 'there is no issuer of this name');
  });
}

function dangling(
  path: Path,
  name: string | undefined,
  known: ReadonlySet<string>,
  message: string,
): Finding[] {
  if (name === undefined || known.has(name)) return [];
  const suggestion = nearest(name, known);
  return [{ path, at: 'value', message, ...(suggestion === undefined ? {} : { suggestion }) }];
}

function duplicateNames(rules: readonly unknown[]): Finding[] {
  const seen = new Set<string>();
  const problems: Finding[] = [];
  for (const [index, rule] of rules.entries()) {
    const name = textOf(fieldOf(rule, 'name'));
    if (name === undefined) continue;
    if (seen.has(name)) {
      const message = 'an earlier rule has the same name';
      problems.push({ path: ['access', index, 'name'], at: 'value', message });
    }
    seen.add(name);
  }
  return problems;
}

/** Only whole rules are compared: of a broken one nobody knows what it was meant to hold. */
function unreachable(
  rules: readonly unknown[],
  environments: ReadonlyMap<string, readonly string[]>,
): Finding[] {
  const earlier: AccessRule[] = [];
  const problems: Finding[] = [];
  for (const [index, raw] of rules.slice(0, MAX_RULES).entries()) {
    const shape = accessRule.safeParse(raw).data;
    if (shape === undefined || emptyWho(raw, []).length > 0) continue;
    const rule = makeAccessRule(shape);
    const membersOf = (environment: string) => environments.get(environment) ?? [];
    const wider = earlier.find((other) => shadows(other, rule, membersOf));
    if (wider !== undefined) {
      const message = `the rule is never reached: "${wider.name}" before it takes all that it could`;
      problems.push({ path: ['access', index], at: 'value', message });
    }
    earlier.push(rule);
  }
  return problems;
}

import type { Finding } from './problem.ts';
import { fieldOf, itemsOf, textOf } from './raw-value.ts';
import type { Review } from './review.ts';

/** Checks that each issuer has a name and an URL of its own. */
export function reviewIssuers(raw: unknown): Review {
  const issuers = itemsOf(fieldOf(raw, 'identity', 'issuers'));
  const problems = (['name', 'url'] as const).flatMap((key) => duplicates(issuers, key));
  return { problems, warnings: [] };
}

/** The names of the issuers that the file speaks of, well-formed or not. */
export function issuerNames(raw: unknown): ReadonlySet<string> {
  const names = itemsOf(fieldOf(raw, 'identity', 'issuers')).map((issuer) =>
    textOf(fieldOf(issuer, 'name')),
  );
  return new Set(names.filter((name) => name !== undefined));
}

function duplicates(issuers: readonly unknown[], key: 'name' | 'url'): Finding[] {
  const seen = new Set<string>();
  const problems: Finding[] = [];
  for (const [index, issuer] of issuers.entries()) {
    const value = textOf(fieldOf(issuer, key));
    if (value === undefined) continue;
    if (seen.has(value)) {
      const message = `an earlier issuer has the same ${key}`;
      problems.push({ path: ['identity', 'issuers', index, key], at: 'value', message });
    }
    seen.add(value);
  }
  return problems;
}

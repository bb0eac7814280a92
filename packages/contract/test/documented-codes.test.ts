import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const source = (file: string) => readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8');
const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

/** The members of a string union, read from the source. */
function unionMembers(file: string, name: string): string[] {
  const declared = new RegExp(`export type ${name} =([^;]+);`).exec(source(file))?.[1] ?? '';
  return [...declared.matchAll(/'([^']+)'/g)].map(([, member]) => String(member));
}

/** The first column of the table under the heading that names the union. */
function documentedCodes(name: string): string[] {
  const section = page.split(/^#+ /m).find((part) => part.includes(`(\`${name}\`)`)) ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => String(code));
}

describe('docs/errors.md', () => {
  it.each([
    ['refusal.ts', 'RefusalCode'],
    ['verdict.ts', 'DenialCode'],
    ['errors.ts', 'WeirErrorCode'],
  ])('lists every code of %s %s, and no other', (file, name) => {
    const members = unionMembers(file, name);
    expect(members.length).toBeGreaterThan(3);
    expect(documentedCodes(name).sort()).toEqual(members.sort());
  });
});

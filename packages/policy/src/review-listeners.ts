import { type Address, collide, isLoopback } from './address.ts';
import type { Finding } from './problem.ts';
import { entriesOf, fieldOf } from './raw-value.ts';
import type { ProtocolDefaults, Review } from './review.ts';
import { addressLeaf } from './shape.ts';
import { nearest } from './suggestion.ts';

/** The name under `listen` that is no protocol. */
export const ADMIN = 'admin';

/** Checks what listens where, and that clients can log in over TLS. */
export function reviewListeners(raw: unknown, protocols: readonly ProtocolDefaults[]): Review {
  const entries = entriesOf(fieldOf(raw, 'listen'));
  const names = entries.map(([name]) => name).filter((name) => name !== ADMIN);
  const problems = [...unknownProtocols(names, protocols), ...collisions(entries)];
  const warnings: Finding[] = adminWarnings(entries);
  const [first] = names;
  if (first === undefined) {
    const message = 'no protocol listens: no client can connect';
    warnings.push({ path: ['listen'], at: 'key', message });
  } else if (fieldOf(raw, 'tls') === undefined) {
    problems.push({
      path: ['listen', first],
      at: 'key',
      message: 'tls is missing: a protocol listener needs a certificate',
      expected: 'tls: { cert: FILE, key: FILE }, or tls: off to serve without encryption',
    });
  }
  if (fieldOf(raw, 'tls') === 'off') {
    const message = 'tls is off: connections are not encrypted and nobody can log in with a token';
    warnings.push({ path: ['tls'], at: 'key', message });
  }
  return { problems, warnings };
}

function unknownProtocols(
  names: readonly string[],
  protocols: readonly ProtocolDefaults[],
): Finding[] {
  const known = [...protocols.map(({ protocol }) => protocol), ADMIN];
  return names
    .filter((name) => !known.includes(name))
    .map((name): Finding => {
      const suggestion = nearest(name, known);
      return {
        path: ['listen', name],
        at: 'key',
        message: 'unknown protocol',
        expected: `one of ${known.join(', ')}`,
        ...(suggestion === undefined ? {} : { suggestion }),
      };
    });
}

function collisions(entries: readonly [string, unknown][]): Finding[] {
  const taken: { readonly name: string; readonly address: Address }[] = [];
  const problems: Finding[] = [];
  for (const [name, written] of entries) {
    const address = addressLeaf.safeParse(written).data;
    if (address === undefined) continue;
    const other = taken.find((earlier) => collide(earlier.address, address));
    if (other !== undefined) {
      const message = `the listeners ${other.name} and ${name} use the same port`;
      problems.push({ path: ['listen', name], at: 'value', message });
    }
    taken.push({ name, address });
  }
  return problems;
}

function adminWarnings(entries: readonly [string, unknown][]): Finding[] {
  const written = entries.find(([name]) => name === ADMIN)?.[1];
  const address = addressLeaf.safeParse(written).data;
  if (address === undefined || isLoopback(address.host)) return [];
  const message = 'the admin listener can be reached from other machines';
  return [{ path: ['listen', ADMIN], at: 'value', message }];
}

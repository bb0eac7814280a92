import { NAME_EXPECTED, NAME_PATTERN } from './names.ts';
import type { Finding } from './problem.ts';
import { entriesOf, fieldOf, isEmptyMap, textOf } from './raw-value.ts';
import type { ProtocolDefaults, Review } from './review.ts';
import { tlsModeLeaf, VERIFYING_MODES } from './shape.ts';
import { nearest } from './suggestion.ts';

const NO_TARGET: Finding = {
  path: ['targets'],
  at: 'key',
  message: 'there is no target',
  expected: 'at least one',
};

/** Checks each target's name, protocol and the safety of its connection to the database. */
export function reviewTargets(raw: unknown, protocols: readonly ProtocolDefaults[]): Review {
  const known = protocols.map(({ protocol }) => protocol);
  const listening = new Set(entriesOf(fieldOf(raw, 'listen')).map(([name]) => name));
  const targets = fieldOf(raw, 'targets');
  const problems: Finding[] = isEmptyMap(targets) ? [NO_TARGET] : [];
  const warnings: Finding[] = [];
  for (const [name, target] of entriesOf(targets)) {
    problems.push(...nameProblems(name), ...protocolProblems(name, target, known));
    const protocol = textOf(fieldOf(target, 'protocol'));
    if (protocol !== undefined && known.includes(protocol) && !listening.has(protocol)) {
      const message = 'nothing listens for this protocol: no client can reach this target';
      warnings.push({ path: ['targets', name, 'protocol'], at: 'value', message });
    }
    const tls = reviewTls(name, target);
    problems.push(...tls.problems);
    warnings.push(...tls.warnings);
  }
  return { problems, warnings };
}

function nameProblems(name: string): Finding[] {
  if (NAME_PATTERN.test(name)) return [];
  const message = 'malformed target name';
  return [{ path: ['targets', name], at: 'key', message, expected: NAME_EXPECTED }];
}

function protocolProblems(name: string, target: unknown, known: readonly string[]): Finding[] {
  const protocol = textOf(fieldOf(target, 'protocol'));
  if (protocol === undefined || known.includes(protocol)) return [];
  const suggestion = nearest(protocol, known);
  return [
    {
      path: ['targets', name, 'protocol'],
      at: 'value',
      message: 'unknown protocol',
      expected: `one of ${known.join(', ')}`,
      ...(suggestion === undefined ? {} : { suggestion }),
    },
  ];
}

function reviewTls(name: string, target: unknown): Review {
  const upstream = fieldOf(target, 'upstream');
  const mode = tlsModeLeaf.safeParse(fieldOf(upstream, 'tls') ?? 'verify-full').data;
  if (mode === undefined || VERIFYING_MODES.has(mode)) return { problems: [], warnings: [] };
  const base = ['targets', name, 'upstream'];
  const message = `tls: ${mode} does not check the database's certificate`;
  const warnings: Finding[] = [{ path: [...base, 'tls'], at: 'value', message }];
  if (fieldOf(upstream, 'ca') === undefined) return { problems: [], warnings };
  const unused: Finding = {
    path: [...base, 'ca'],
    at: 'key',
    message: `ca is not used with tls: ${mode}`,
    expected: 'tls: verify-full or verify-ca',
  };
  return { problems: [unused], warnings };
}

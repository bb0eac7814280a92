import { createHash } from 'node:crypto';
import type { Target } from '@weir/contract';
import { type AccessRule, namedPrincipalKey } from './access-rule.ts';
import type { IssuerConfig, WeirConfig } from './config.ts';

/** Told apart from other canonical forms; a change of the form below is a new number. */
const FORM = 'weir.policy.v1';

/**
 * SHA-256, hex, of what the policy means: who vouches, which targets there are and who may reach
 * them. Formatting, comments and the order of sets do not count; the order of rules does. Of a
 * password only the reference counts, never the value.
 *
 * @param passwordOf the reference to a target's password, as it is written
 */
export function policyDigest(
  config: Pick<WeirConfig, 'issuers' | 'targets' | 'access'>,
  passwordOf: (target: string) => string | undefined,
): string {
  const targets = [...config.targets.values()];
  return sha256(
    canonicalJson({
      form: FORM,
      issuers: config.issuers.map(issuerForm).sort(byName),
      targets: targets.map((target) => targetForm(target, passwordOf(target.name))).sort(byName),
      access: config.access.map(ruleForm),
    }),
  );
}

function issuerForm({ caCertificate, ...issuer }: IssuerConfig) {
  return { ...issuer, ca: caCertificate === undefined ? null : sha256(caCertificate) };
}

function targetForm(target: Target, passwordReference: string | undefined) {
  const { host, port, database, user, tls, ca } = target.upstream;
  return {
    name: target.name,
    protocol: target.protocol,
    environment: target.environment,
    upstream: { host, port, database, user, tls, ca: ca === undefined ? null : sha256(ca) },
    password: passwordReference ?? null,
    allowSettings: [...new Set(target.allowSettings)].sort(),
    allowReplication: target.allowReplication,
  };
}

function ruleForm({ principals, ...rule }: AccessRule) {
  if (principals === undefined) return rule;
  return { ...rule, principals: [...new Set(principals.map(namedPrincipalKey))].sort() };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** JSON without blanks and with sorted keys, so that equal values have equal texts. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

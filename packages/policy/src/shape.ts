import { z } from 'zod';
import { ADDRESS_PATTERN, HOST_PATTERN, parseAddress, parseHost } from './address.ts';
import { MAX_RULES } from './file-limits.ts';
import { isIssuerUrl } from './issuer-url.ts';
import { countLeaf, patternLeaf, textLeaf } from './leaf.ts';
import { limitLeaf } from './limit-leaf.ts';
import { LIMITS } from './limits.ts';
import { NAME_PATTERN, nameLeaf, textSetting } from './names.ts';
import { parseReference, REFERENCE_EXPECTED, REFERENCE_PATTERN } from './secret-reference.ts';

/** The TLS modes in which the database's certificate is checked against authorities. */
export const VERIFYING_MODES: ReadonlySet<string> = new Set(['verify-ca', 'verify-full']);

const names = { propertyNames: { pattern: NAME_PATTERN.source } };

const path = (description: string) =>
  patternLeaf({
    pattern: /^[^\s](.{0,4094}[^\s])?$/,
    message: 'malformed file path',
    expected: 'a path, relative to the configuration file or absolute',
    description,
  });

export const addressLeaf = textLeaf({
  pattern: ADDRESS_PATTERN,
  parse: parseAddress,
  message: 'malformed address or port',
  expected: 'HOST:PORT, such as 127.0.0.1:6432 or [::1]:6432',
});

const issuerUrlLeaf = textLeaf({
  pattern: /^https?:\/\//,
  parse: (text) => (isIssuerUrl(text) ? text : undefined),
  message: 'malformed or insecure issuer URL',
  expected: 'https://HOST/PATH without user, query or fragment (http only on loopback)',
  description: 'the issuer identifier, exactly as in the `iss` claim',
});

const passwordLeaf = textLeaf({
  pattern: REFERENCE_PATTERN,
  // Kept as written: build and digest need the reference, and only the reference.
  parse: (text) => (parseReference(text) === undefined ? undefined : text),
  message: 'a secret must not stand in the file',
  expected: REFERENCE_EXPECTED,
  isReference: true,
  description: `where the password is kept: ${REFERENCE_EXPECTED}`,
});

export const tlsModeLeaf = z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full'], {
  error: 'unknown TLS mode',
});
const kindLeaf = z.enum(['human', 'service', 'agent'], { error: 'unknown kind' });
const groupLeaf = textSetting('group', 256);

const issuer = z.strictObject({
  name: nameLeaf('issuer'),
  url: issuerUrlLeaf,
  audience: textSetting('audience', 256).meta({ description: 'what tokens must name in `aud`' }),
  groups_claim: textSetting('claim name', 256).prefault('groups'),
  kind: kindLeaf.default('human'),
  kind_claim: textSetting('claim name', 256).optional(),
  email_trusted: z
    .boolean()
    .default(false)
    .meta({ description: 'an e-mail counts as verified although the token does not say so' }),
  ca: path('PEM file of authorities for this issuer instead of the system’s').optional(),
});

const upstream = z.strictObject({
  host: textLeaf({
    pattern: HOST_PATTERN,
    parse: parseHost,
    message: 'malformed host',
    expected: 'a host name or an IP address (no port, no brackets)',
  }),
  port: countLeaf({ min: 1, max: 65_535, message: 'malformed port' }).optional(),
  database: textSetting('database name', 128),
  user: textSetting('user name', 128),
  password: passwordLeaf.optional(),
  tls: tlsModeLeaf.default('verify-full'),
  ca: path('PEM file of authorities for this database instead of the system’s').optional(),
});

const target = z.strictObject({
  protocol: nameLeaf('protocol'),
  environment: nameLeaf('environment'),
  upstream,
  allow_settings: z
    .array(
      patternLeaf({
        pattern: /^[A-Za-z_][A-Za-z0-9_.]{0,62}$/,
        message: 'malformed setting name',
        expected: 'the name of a session setting, such as search_path',
      }),
    )
    .prefault([]),
  allow_replication: z.boolean().default(false),
});

const principal = z
  .strictObject({
    issuer: nameLeaf('issuer'),
    subject: textSetting('subject', 256).optional(),
    email: patternLeaf({
      pattern: /^[^\s@]{1,64}@[^\s@]{1,255}$/,
      message: 'malformed e-mail address',
      expected: 'NAME@DOMAIN',
    }).optional(),
  })
  .refine((who) => (who.subject === undefined) !== (who.email === undefined), {
    error: 'a principal is an issuer with either a subject or an email',
  });

/** One access rule by itself; `who` being empty and dangling names are checked elsewhere. */
export const accessRule = z.strictObject({
  name: patternLeaf({
    pattern: /^[^\s/](?:[^/]{0,98}[^\s/])?$/,
    message: 'malformed rule name',
    expected: '1 to 100 characters, no slash, without blanks at the ends',
  }),
  groups: z.array(groupLeaf).min(1).optional(),
  kinds: z.array(kindLeaf).min(1).optional(),
  principals: z.array(principal).min(1).optional(),
  targets: z.union(
    [z.array(nameLeaf('target')).min(1), z.strictObject({ environment: nameLeaf('environment') })],
    { error: 'a list of target names, or { environment: NAME }' },
  ),
  allow: z.literal('all', {
    error: (issue) =>
      Array.isArray(issue.input)
        ? 'statement effects cannot be enforced by this version of Weir'
        : 'unknown permission',
  }),
});

const limits = z.strictObject({
  max_connections: limitLeaf(LIMITS.max_connections),
  max_connections_per_principal: limitLeaf(LIMITS.max_connections_per_principal),
  max_pending_handshakes: limitLeaf(LIMITS.max_pending_handshakes),
  handshake_timeout: limitLeaf(LIMITS.handshake_timeout),
  dial_timeout: limitLeaf(LIMITS.dial_timeout),
  idle_timeout: limitLeaf(LIMITS.idle_timeout),
  drain_timeout: limitLeaf(LIMITS.drain_timeout),
  close_timeout: limitLeaf(LIMITS.close_timeout),
  statement_bytes: limitLeaf(LIMITS.statement_bytes),
  statements_per_query: limitLeaf(LIMITS.statements_per_query),
  prepared_bytes: limitLeaf(LIMITS.prepared_bytes),
  pipeline_depth: limitLeaf(LIMITS.pipeline_depth),
});

const log = z.strictObject({
  level: z.enum(['error', 'warn', 'info', 'debug'], { error: 'unknown log level' }).default('info'),
  format: z.enum(['json', 'text'], { error: 'unknown log format' }).default('json'),
});

/** Everything that this version's `weir.yaml` may say. */
export const configShape = z.strictObject({
  version: z.literal(1, { error: 'unsupported version' }),
  listen: z.record(z.string(), addressLeaf).meta({
    ...names,
    description: 'protocol name, or `admin`, to the address to listen on',
  }),
  tls: z
    .union(
      [
        z.literal('off'),
        z.strictObject({
          cert: path('PEM file of the certificate that clients see, then its chain'),
          key: path('PEM file of the private key of that certificate'),
        }),
      ],
      { error: 'off, or { cert: FILE, key: FILE }' },
    )
    .optional(),
  identity: z.strictObject({ issuers: z.array(issuer).min(1) }),
  targets: z.record(z.string(), target).meta(names),
  access: z.array(accessRule).max(MAX_RULES),
  limits: limits.prefault({}),
  log: log.prefault({}),
});

export type ConfigShape = z.output<typeof configShape>;
export type AccessRuleShape = z.output<typeof accessRule>;

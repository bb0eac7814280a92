import { generateKeyPairSync } from 'node:crypto';
import { type LoadedConfig, type LoadOptions, loadConfig, type Reading } from '@weir/policy';
import { makeCertificates } from '@weir/testkit';
import { WEAK_CERTIFICATE, WEAK_KEY } from './weak-certificate.ts';

/** Sections of a valid file; a test replaces those that it is about. */
const SECTIONS = {
  version: 'version: 1',
  listen: 'listen: { postgres: 127.0.0.1:6432 }',
  tls: 'tls: off',
  identity: `identity:
  issuers:
    - { name: okta, url: https://acme.okta.test, audience: weir }`,
  targets: `targets:
  orders-prod:
    protocol: postgres
    environment: production
    upstream: { host: orders.db, database: orders, user: weir, password: "\${env:ORDERS_PW}" }`,
  access: `access:
  - { name: engineers, groups: [engineering], targets: [orders-prod], allow: all }`,
  limits: '',
  log: '',
};

export type Sections = Partial<typeof SECTIONS>;

/** A whole file from its sections. */
export function weirYaml(changed: Sections = {}): string {
  const sections = { ...SECTIONS, ...changed };
  return Object.values(sections)
    .filter((section) => section !== '')
    .join('\n');
}

/** A target named `db` with these keys in its upstream beside the usual ones. */
export function targetsWith(upstream: string, rest = ''): Sections {
  const access = '\naccess: [{ name: all, kinds: [human], targets: [db], allow: all }]';
  return {
    targets: `targets:
  db:
    protocol: postgres
    environment: production${rest === '' ? '' : `\n    ${rest}`}
    upstream:
      host: db.test
      database: orders
      user: weir
      ${upstream}${access}`,
    access: '',
  };
}

const made = await makeCertificates({ hosts: ['weir.test'] });

/** A server certificate, its key and the authority that signed it. */
export const { cert: CERTIFICATE, key: KEY, ca: AUTHORITY } = made;

/** A key that belongs to no certificate. */
const OTHER_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

const FILES: ReadonlyMap<string, string> = new Map([
  ['/etc/weir/server.crt', CERTIFICATE],
  ['/etc/weir/server.key', KEY],
  ['/etc/weir/other.key', OTHER_KEY],
  ['/etc/weir/ca.pem', AUTHORITY],
  ['/etc/weir/weak.crt', WEAK_CERTIFICATE],
  ['/etc/weir/weak.key', WEAK_KEY],
  ['/etc/weir/empty.pem', ''],
  ['/etc/weir/not.pem', 'nothing of the kind'],
  ['/etc/weir/broken.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ['/etc/weir/secret', 'from-a-file\n'],
]);

const VARIABLES: ReadonlyMap<string, string> = new Map([
  ['ORDERS_PW', 'from-the-environment'],
  ['EMPTY', ''],
  ['TWO_LINES', 'one\ntwo'],
]);

/** Sources that hold the files and variables above. */
export const OPTIONS: LoadOptions = {
  file: '/etc/weir/weir.yaml',
  protocols: [{ protocol: 'postgres', defaultPort: 5432 }],
  readFile: (path) => reading(FILES.get(path), 'does not exist'),
  resolveSecret: ({ from, name }) =>
    from === 'env'
      ? reading(VARIABLES.get(name), 'is not set')
      : reading(FILES.get(name), 'does not exist'),
};

export function load(text: string, options: Partial<LoadOptions> = {}): LoadedConfig {
  return loadConfig(text, { ...OPTIONS, ...options });
}

/** Loads what must be valid. */
export function loadValid(text: string): Extract<LoadedConfig, { ok: true }> {
  const loaded = load(text);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded;
}

function reading(text: string | undefined, reason: string): Reading {
  return text === undefined ? { ok: false, reason } : { ok: true, text };
}

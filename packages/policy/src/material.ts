import { dirname, resolve } from 'node:path';
import { Secret } from '@weir/contract';
import { belongTogether, certificateFault, privateKeyFault, servesTls } from './pem.ts';
import type { Finding, Path } from './problem.ts';
import { entriesOf, fieldOf, itemsOf, textOf } from './raw-value.ts';
import { parseReference } from './secret-reference.ts';
import type { ConfigSources, Reading } from './sources.ts';

/** What a configuration refers to and does not hold itself, by the reference as it is written. */
export interface Material {
  readonly certificates: ReadonlyMap<string, string>;
  readonly privateKeys: ReadonlyMap<string, Secret>;
  readonly passwords: ReadonlyMap<string, Secret>;
  readonly problems: readonly Finding[];
}

/** What PostgreSQL and MySQL logins cannot carry, and what a wrong file is full of. */
const UNPRINTABLE = /\p{Cc}/u;

/** Reads every file and secret that the configuration refers to, each once. */
export function gatherMaterial(raw: unknown, file: string, sources: ConfigSources): Material {
  const gatherer = new Gatherer(dirname(resolve(file)), sources);
  const certificate = gatherer.certificate(['tls', 'cert'], fieldOf(raw, 'tls', 'cert'));
  const key = gatherer.privateKey(['tls', 'key'], fieldOf(raw, 'tls', 'key'));
  gatherer.pair(certificate, key);
  for (const [index, issuer] of itemsOf(fieldOf(raw, 'identity', 'issuers')).entries()) {
    gatherer.certificate(['identity', 'issuers', index, 'ca'], fieldOf(issuer, 'ca'));
  }
  for (const [name, target] of entriesOf(fieldOf(raw, 'targets'))) {
    const upstream = fieldOf(target, 'upstream');
    gatherer.certificate(['targets', name, 'upstream', 'ca'], fieldOf(upstream, 'ca'));
    gatherer.password(['targets', name, 'upstream', 'password'], fieldOf(upstream, 'password'));
  }
  return gatherer;
}

class Gatherer implements Material {
  readonly certificates = new Map<string, string>();
  readonly privateKeys = new Map<string, Secret>();
  readonly passwords = new Map<string, Secret>();
  readonly problems: Finding[] = [];
  readonly #directory: string;
  readonly #sources: ConfigSources;
  readonly #readings = new Map<string, Reading>();

  constructor(directory: string, sources: ConfigSources) {
    this.#directory = directory;
    this.#sources = sources;
  }

  certificate(path: Path, written: unknown): string | undefined {
    const pem = this.#file(path, written, certificateFault);
    if (pem !== undefined) this.certificates.set(String(written), pem);
    return pem;
  }

  privateKey(path: Path, written: unknown): Secret | undefined {
    const pem = this.#file(path, written, privateKeyFault);
    if (pem === undefined) return undefined;
    const secret = new Secret(pem);
    this.privateKeys.set(String(written), secret);
    return secret;
  }

  pair(certificate: string | undefined, key: Secret | undefined): void {
    if (certificate === undefined || key === undefined) return;
    if (!belongTogether(certificate, key.reveal())) {
      const message = 'the private key does not belong to the certificate';
      this.problems.push({ path: ['tls', 'key'], at: 'value', message });
    } else if (!servesTls(certificate, key.reveal())) {
      const message = 'TLS refuses the certificate: its key or its signature is too weak';
      this.problems.push({ path: ['tls', 'cert'], at: 'value', message });
    }
  }

  password(path: Path, written: unknown): void {
    const text = textOf(written) ?? '';
    const reference = parseReference(text);
    if (reference === undefined) return;
    const { from, name } = reference;
    const where = from === 'env' ? reference : { from, name: resolve(this.#directory, name) };
    const reading = this.#once(text, () => this.#sources.resolveSecret(where));
    const source = from === 'env' ? `the environment variable ${name}` : 'the secret file';
    if (!reading.ok) {
      this.#report(path, `${source} ${reading.reason}`);
      return;
    }
    // Files end in a line feed by custom; it is not part of the secret.
    const value = from === 'file' ? reading.text.replace(/\r?\n$/, '') : reading.text;
    const fault = secretFault(value);
    if (fault === undefined) this.passwords.set(text, new Secret(value));
    else this.#report(path, `${source} ${fault}`);
  }

  #file(path: Path, written: unknown, faultOf: (pem: string) => string | undefined) {
    const name = textOf(written);
    // A malformed path is reported by its shape.
    if (name === undefined || name === '' || name.includes('${')) return undefined;
    const absolute = resolve(this.#directory, name);
    const reading = this.#once(`file ${name}`, () => this.#sources.readFile(absolute));
    if (!reading.ok) return this.#report(path, `the file ${reading.reason}`);
    const fault = reading.text.trim() === '' ? 'the file is empty' : faultOf(reading.text);
    return fault === undefined ? reading.text : this.#report(path, fault);
  }

  #once(key: string, read: () => Reading): Reading {
    const reading = this.#readings.get(key) ?? read();
    this.#readings.set(key, reading);
    return reading;
  }

  #report(path: Path, message: string): undefined {
    this.problems.push({ path, at: 'value', message });
  }
}

function secretFault(value: string): string | undefined {
  if (value === '') return 'is empty';
  return UNPRINTABLE.test(value) ? 'holds a control character or a line break' : undefined;
}

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** A throw-away authority and one server certificate signed by it, as PEM text. */
export interface Certificates {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  /** The server's certificate, PEM. */
  readonly cert: string;
  /** The server's private key, PKCS #8 PEM. */
  readonly key: string;
}

/** What a certificate is made for. */
export interface CertificateRequest {
  /** DNS names and IP addresses that the certificate is valid for; the first is its common name. */
  readonly hosts: readonly [string, ...string[]];
  /** A directory for `ca.crt`, `server.crt` and `server.key`; no files are written when absent. */
  readonly dir?: string;
  /** End of validity; tomorrow when absent. A past moment makes an expired certificate. */
  readonly notAfter?: Date;
}

const DAY = 24 * 60 * 60 * 1000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

x509.cryptoProvider.set(webcrypto);

/** Makes an authority and a server certificate (ECDSA P-256). */
export async function makeCertificates(request: CertificateRequest): Promise<Certificates> {
  const notAfter = request.notAfter ?? new Date(Date.now() + DAY);
  const validity = { notBefore: new Date(notAfter.getTime() - 2 * DAY), notAfter };
  const caKeys = await makeKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Weir test authority',
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const keys = await makeKeys();
  const server = await x509.X509CertificateGenerator.create({
    subject: `CN=${request.hosts[0]}`,
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        request.hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authority),
    ],
  });
  const exported = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const made: Certificates = {
    ca: authority.toString('pem'),
    cert: server.toString('pem'),
    key: x509.PemConverter.encode(exported, 'PRIVATE KEY'),
  };
  if (request.dir !== undefined) await writeAll(request.dir, made);
  return made;
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function writeAll(dir: string, pem: Certificates): Promise<void> {
  await writeFile(join(dir, 'ca.crt'), `${pem.ca}\n`);
  await writeFile(join(dir, 'server.crt'), `${pem.cert}\n`);
  await writeFile(join(dir, 'server.key'), `${pem.key}\n`, { mode: 0o600 });
  // A temporary directory is private; a server that runs as another user must reach its files.
  await chmod(dir, 0o755);
}

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** What is wrong with PEM text that should hold one or more certificates. */
export function certificateFault(pem: string): string | undefined {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) return 'the file holds no PEM certificate';
  return blocks.every((block) => readCertificate(block) !== undefined)
    ? undefined
    : 'the file holds a malformed certificate';
}

/** What is wrong with PEM text that should hold a private key. */
export function privateKeyFault(pem: string): string | undefined {
  if (ENCRYPTED.test(pem)) return 'the private key is encrypted with a passphrase';
  return readPrivateKey(pem) === undefined ? 'the file holds no PEM private key' : undefined;
}

/** Whether the first certificate was made for the private key; both must be well-formed. */
export function belongTogether(certificates: string, key: string): boolean {
  const [leaf] = certificates.match(CERTIFICATE) ?? [];
  const privateKey = readPrivateKey(key);
  if (leaf === undefined || privateKey === undefined) return false;
  return readCertificate(leaf)?.checkPrivateKey(privateKey) ?? false;
}

/** Whether TLS takes the pair: it refuses keys and signatures that are too weak. */
export function servesTls(certificates: string, key: string): boolean {
  try {
    createSecureContext({ cert: certificates, key });
    return true;
  } catch {
    // The reason is OpenSSL's and may hold text of either; the caller has words of its own.
    return false;
  }
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    // The only fault is malformed text, and callers say so in words of their own.
    return undefined;
  }
}

function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // Its message is dropped on purpose: nothing about a key's text may reach an error.
    return undefined;
  }
}

import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { DecodeError } from '@weir/contract';
import { FieldReader } from '../protocol/field-reader.ts';

/**
 * Channel binding of the type tls-server-end-point (RFC 5929 §4): a hash of the server's certificate
 * by the hash of its own signature, where MD5 and SHA-1 count as SHA-256. It trusts and checks no
 * certificate.
 */

const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;
/** The field `[0] hashAlgorithm` of RSASSA-PSS-params (RFC 4055 §3.1). */
const PSS_HASH = 0xa0;

const RSA_PSS = '2a864886f70d01010a';

/** Object identifiers, as the hex of their DER content, and the hash that they stand for. */
const HASH_BY_OID: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSAEncryption
  '2a864886f70d010105': 'sha256', // sha1WithRSAEncryption
  '2a864886f70d01010e': 'sha224', // sha224WithRSAEncryption
  '2a864886f70d01010b': 'sha256', // sha256WithRSAEncryption
  '2a864886f70d01010c': 'sha384', // sha384WithRSAEncryption
  '2a864886f70d01010d': 'sha512', // sha512WithRSAEncryption
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224', // ecdsa-with-SHA224
  '2a8648ce3d040302': 'sha256', // ecdsa-with-SHA256
  '2a8648ce3d040303': 'sha384', // ecdsa-with-SHA384
  '2a8648ce3d040304': 'sha512', // ecdsa-with-SHA512
  '2b0e03021a': 'sha256', // SHA-1
  '608648016503040204': 'sha224', // SHA-224
  '608648016503040201': 'sha256', // SHA-256
  '608648016503040202': 'sha384', // SHA-384
  '608648016503040203': 'sha512', // SHA-512
};

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/**
 * The binding of this certificate (DER). Undefined when its signature names no hash, as Ed25519 does
 * not: then RFC 5929 knows no binding.
 */
export function endpointBinding(certificate: Uint8Array): Buffer | undefined {
  const hash = signatureHash(certificate);
  return hash === undefined ? undefined : createHash(hash).update(certificate).digest();
}

function signatureHash(certificate: Uint8Array): string | undefined {
  try {
    return readSignatureHash(certificate);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature } */
function readSignatureHash(certificate: Uint8Array): string | undefined {
  const fields = new FieldReader(readElement(new FieldReader(certificate), SEQUENCE).content);
  readElement(fields, SEQUENCE);
  const algorithm = new FieldReader(readElement(fields, SEQUENCE).content);
  const oid = readElement(algorithm, OBJECT_IDENTIFIER).content.toString('hex');
  if (oid !== RSA_PSS) return HASH_BY_OID[oid];
  return readPssHash(new FieldReader(readElement(algorithm, SEQUENCE).content));
}

/** Without the field the hash is SHA-1, which counts as SHA-256. */
function readPssHash(parameters: FieldReader): string | undefined {
  if (parameters.remaining === 0) return 'sha256';
  const first = readElement(parameters);
  if (first.tag !== PSS_HASH) return 'sha256';
  const identifier = readElement(new FieldReader(first.content), SEQUENCE);
  const oid = readElement(new FieldReader(identifier.content), OBJECT_IDENTIFIER);
  return HASH_BY_OID[oid.content.toString('hex')];
}

/** One DER element: a tag, a length of one byte or of up to four, and the content. */
function readElement(reader: FieldReader, expected?: number): Element {
  const tag = reader.byte();
  if (expected !== undefined && tag !== expected) throw new DecodeError('unexpected DER element');
  const short = reader.byte();
  if (short < 0x80) return { tag, content: reader.bytes(short) };
  const width = short - 0x80;
  if (width < 1 || width > 4) throw new DecodeError('unexpected DER length');
  return { tag, content: reader.bytes(reader.bytes(width).readUIntBE(0, width)) };
}

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { type Certificates, makeCertificates } from '@weir/testkit';

/** What a client that trusts only `ca` says about a server with these certificates. */
async function verify(certificates: Certificates, servername: string, ca: string): Promise<string> {
  const server = createServer({ cert: certificates.cert, key: certificates.key });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, servername, ca });
  const outcome = await Promise.race([
    once(socket, 'secureConnect').then(() => 'trusted'),
    once(socket, 'error').then(([error]) => error.code),
  ]).catch((error) => error.code);
  socket.destroy();
  server.close();
  return outcome;
}

describe('certificates for tests', () => {
  it('are trusted for each of their hosts by whoever trusts their authority', async () => {
    const certificates = await makeCertificates({ hosts: ['weir.test', '127.0.0.1'] });
    expect(await verify(certificates, 'weir.test', certificates.ca)).toBe('trusted');
    expect(new X509Certificate(certificates.cert).checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('are refused for another host', async () => {
    const certificates = await makeCertificates({ hosts: ['weir.test'] });
    expect(await verify(certificates, 'other.test', certificates.ca)).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });

  it('are refused by whoever trusts another authority', async () => {
    const [mine, other] = [
      await makeCertificates({ hosts: ['weir.test'] }),
      await makeCertificates({ hosts: ['weir.test'] }),
    ];
    expect(await verify(mine, 'weir.test', other.ca)).not.toBe('trusted');
  });

  it('can be made to have expired', async () => {
    const expired = await makeCertificates({
      hosts: ['weir.test'],
      notAfter: new Date(Date.now() - 1000),
    });
    expect(await verify(expired, 'weir.test', expired.ca)).toBe('CERT_HAS_EXPIRED');
  });

  it('stand in files as well where a directory is given', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'weir-testkit-'));
    const { ca, cert, key } = await makeCertificates({ hosts: ['weir.test'], dir });
    const files = ['ca.crt', 'server.crt', 'server.key'].map((name) =>
      readFileSync(join(dir, name), 'utf8').trim(),
    );
    rmSync(dir, { recursive: true });
    expect(files).toEqual([ca, cert, key].map((pem) => pem.trim()));
  });
});

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, jest } from '@jest/globals';
import type { Authenticator, Secret } from '@weir/contract';
import { makeCertificates } from '@weir/testkit';
import { inScene, PASSWORDS, type SceneOptions } from './scene.ts';
import { until } from './until.ts';

jest.setTimeout(30_000);

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const certificate = await makeCertificates({ hosts: ['127.0.0.1'] });

const SIDES: readonly [string, SceneOptions][] = [
  ['plain', {}],
  ['under TLS', { certificate, tlsRequired: true }],
  ['under TLS to the database', { databaseCertificate: certificate, upstream: { tls: 'require' } }],
];

describe('the secret that a client logged in with', () => {
  it.each(SIDES)('is gone from memory while its session lives: %s', async (_name, options) => {
    const secrets: WeakRef<Secret>[] = [];
    const authenticator: Authenticator = {
      authenticate: (credential) => {
        secrets.push(new WeakRef(credential.secret));
        return PASSWORDS.authenticate(credential);
      },
    };
    await inScene({ ...options, authenticator }, async (scene) => {
      const client = await scene.connect();
      if (options.tlsRequired === true) {
        client.send('TLS');
        await client.line();
        await client.secure({ ca: certificate.ca });
      }
      expect(await client.login('ana', 'orders')).toMatch(/^READY /);
      expect(await client.run('row 1')).toEqual(['ROW 1', 'DONE row idle']);
      await until(() => {
        collect();
        return secrets[0]?.deref() === undefined;
      });
      expect(scene.engine.sessionCount).toBe(1);
      expect(await client.run('row 2')).toEqual(['ROW 2', 'DONE row idle']);
    });
  });
});

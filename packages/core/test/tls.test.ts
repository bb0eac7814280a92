import { connect } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { makeCertificates } from '@weir/testkit';
import { inScene, type SceneOptions } from './scene.ts';
import { CLOSED } from './toy-client.ts';

jest.setTimeout(30_000);

const HOSTS = ['127.0.0.1', 'weir.test'] as const;
const certificate = await makeCertificates({ hosts: HOSTS });
const other = await makeCertificates({ hosts: HOSTS });
const OPTIONS: SceneOptions = { certificate, tlsRequired: true };

describe('a client over TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('may speak %s', async (version) => {
    await inScene(OPTIONS, async (scene) => {
      const client = await scene.connect();
      client.send('TLS');
      expect(await client.line()).toBe('TLS yes');
      await client.secure({ ca: certificate.ca, maxVersion: version });
      expect(await client.login('ana', 'orders')).toMatch(/^READY /);
      expect(await client.run('row 1')).toEqual(['ROW 1', 'DONE row idle']);
      expect(scene.told('session.opened')[0]?.session.client.tls).toBe(version);
    });
  });

  it('may begin with TLS at once and agree on the protocol', async () => {
    await inScene(OPTIONS, async (scene) => {
      const client = await scene.connect();
      await client.secure({ ca: certificate.ca, alpn: 'toy' });
      expect(await client.login('ana', 'orders')).toMatch(/^READY /);
    });
  });

  it('is turned away when it wants another application protocol', async () => {
    await inScene(OPTIONS, async (scene) => {
      const client = await scene.connect();
      await expect(client.secure({ ca: certificate.ca, alpn: 'h2' })).rejects.toThrow();
      await scene.empty();
    });
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('may not speak %s', async (version) => {
    await inScene(OPTIONS, async (scene) => {
      const client = await scene.connect();
      client.send('TLS');
      await client.line();
      const secured = client.secure({
        maxVersion: version,
        minVersion: version,
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      await expect(secured).rejects.toThrow(/protocol version|unsupported protocol/);
      await scene.empty();
      expect(scene.events).toEqual([]);
    });
  });

  it('reads large results and is paused like any other', async () => {
    await inScene(OPTIONS, async (scene) => {
      const client = await scene.connect();
      client.send('TLS');
      await client.line();
      await client.secure({ ca: certificate.ca });
      await client.login('ana', 'orders');
      client.pause();
      client.send('rows 1000 32000');
      await scene.next('flow.paused');
      expect(scene.told('result.completed')).toEqual([]);
      client.resume();
      const completed = await scene.next('result.completed');
      expect(completed.completion.rows).toBe(1000);
    });
  });

  it('that resets ends its session', async () => {
    await inScene(OPTIONS, async (scene) => {
      const client = await scene.connect();
      client.send('TLS');
      await client.line();
      await client.secure({ ca: certificate.ca });
      await client.login('ana', 'orders');
      client.send('wait');
      await scene.database.heard(1);
      client.reset();
      await scene.empty();
      expect(scene.told('session.closed')[0]?.reason).toBe('client-lost');
    });
  });
});

describe('a TLS handshake that does not come to be', () => {
  it('because bytes came between the request and TLS ends the connection', async () => {
    await inScene(OPTIONS, async (scene) => {
      const client = await scene.connect();
      client.send('TLS', 'LOGIN ana orders ana-secret');
      expect(await client.line()).toBe(CLOSED);
      await scene.empty();
      expect(scene.events).toEqual([]);
    });
  });

  it('because garbage came in its place ends the connection', async () => {
    await inScene(OPTIONS, async (scene) => {
      const client = await scene.connect();
      client.send('TLS');
      await client.line();
      client.send('LOGIN ana orders ana-secret');
      await client.closed;
      await scene.empty();
      expect(scene.events).toEqual([]);
    });
  });

  it('because it begins like TLS and goes on as garbage ends the connection', async () => {
    await inScene(OPTIONS, async (scene) => {
      const client = await scene.connect();
      client.raw(Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0]), Buffer.alloc(512, 0xff)]));
      await client.closed;
      await scene.empty();
    });
  });

  it('because the client never goes on ends when its time is up', async () => {
    await inScene(
      { ...OPTIONS, limits: { handshakeTimeout: 40, closeTimeout: 40 } },
      async (scene) => {
        const stubborn = connect({ host: '127.0.0.1', port: scene.port, allowHalfOpen: true });
        stubborn.write('TLS\n');
        const { refusal } = await scene.next('session.refused');
        expect(refusal.code).toBe('handshake-timeout');
        await scene.engine.drain();
        stubborn.destroy();
      },
    );
  });

  it('because the client never goes on makes room for others', async () => {
    const limits = { maxPendingHandshakes: 1, closeTimeout: 3_600_000 };
    await inScene({ ...OPTIONS, limits }, async (scene) => {
      const stubborn = connect({ host: '127.0.0.1', port: scene.port, allowHalfOpen: true });
      const answered = new Promise((resolve) => stubborn.once('data', resolve));
      stubborn.write('TLS\n');
      await answered;
      const client = await scene.connect();
      await scene.next('session.refused');
      client.leave();
      await scene.empty();
      await scene.engine.drain();
      stubborn.destroy();
    });
  });

  it('because the plugin throws behind it ends the connection', async () => {
    await inScene({ ...OPTIONS, plugin: { faults: ['secured'] } }, async (scene) => {
      const client = await scene.connect();
      client.send('TLS');
      await client.line();
      await client.secure({ ca: certificate.ca }).catch(() => undefined);
      await client.closed;
      await scene.empty();
    });
  });
});

describe('a listener', () => {
  it('without a certificate says so, and goes on in the clear where it may', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.connect();
      client.send('TLS');
      expect(await client.line()).toBe('TLS no');
      expect(await client.login('ana', 'orders')).toMatch(/^READY /);
      expect(scene.told('session.opened')[0]?.session.client).not.toHaveProperty('tls');
    });
  });

  it('without a certificate closes on a client that begins with TLS', async () => {
    await inScene({}, async (scene) => {
      const client = await scene.connect();
      await expect(client.secure({ ca: certificate.ca, alpn: 'toy' })).rejects.toThrow();
      await scene.empty();
    });
  });

  it('that requires TLS takes no login without', async () => {
    await inScene(OPTIONS, async (scene) => {
      const client = await scene.connect();
      const answer = await client.login('ana', 'orders');
      const [refused] = scene.told('session.refused');
      expect(answer).toBe(`ERR tls-required ${refused?.id} not encrypted`);
      expect(refused?.refusal).toMatchObject({ code: 'tls-required', ref: refused?.id });
      expect(await client.line()).toBe(CLOSED);
      expect(scene.database.hellos).toEqual([]);
    });
  });

  it('shows a new certificate to new connections and keeps the old ones', async () => {
    await inScene(OPTIONS, async (scene) => {
      const login = async (ca: string) => {
        const client = await scene.connect();
        client.send('TLS');
        await client.line();
        await client.secure({ ca });
        await client.login('ana', 'orders');
        return client;
      };
      const before = await login(certificate.ca);
      scene.engine.useCertificate(other);
      await expect(login(certificate.ca)).rejects.toThrow();
      await login(other.ca);
      expect(await before.run('row 1')).toEqual(['ROW 1', 'DONE row idle']);
    });
  });

  it('keeps its certificate when the next one does not fit its key', async () => {
    await inScene(OPTIONS, async (scene) => {
      const { key } = other;
      expect(() => scene.engine.useCertificate({ cert: certificate.cert, key })).toThrow();
      const client = await scene.connect();
      await client.secure({ ca: certificate.ca, alpn: 'toy' });
    });
  });
});

describe('a database over TLS', () => {
  const modes = [
    ['require', 'an unknown', other.ca, 'READY'],
    ['verify-ca', 'its own', certificate.ca, 'READY'],
    ['verify-ca', 'an unknown', other.ca, 'ERR upstream-refused'],
    ['verify-full', 'its own', certificate.ca, 'READY'],
    ['verify-full', 'an unknown', other.ca, 'ERR upstream-refused'],
  ] as const;

  it.each(modes)(
    'with mode %s and %s authority is checked as the mode says',
    async (tls, _whose, ca, answer) => {
      const options = { databaseCertificate: certificate, upstream: { tls, ca } };
      await inScene(options, async (scene) => {
        const client = await scene.connect();
        expect(await client.login('ana', 'orders')).toMatch(new RegExp(`^${answer}`));
        if (answer === 'READY') return;
        expect(scene.database.hellos).toEqual([]);
        expect(scene.told('session.refused')[0]?.cause).toBe('SELF_SIGNED_CERT_IN_CHAIN');
      });
    },
  );

  it('with another name is refused by verify-full alone', async () => {
    const upstream = { host: 'localhost', ca: certificate.ca };
    for (const [tls, answer, causes] of [
      ['verify-full', /^ERR upstream-refused /, ['ERR_TLS_CERT_ALTNAME_INVALID']],
      ['verify-ca', /^READY /, []],
    ] as const) {
      const options = { databaseCertificate: certificate, upstream: { ...upstream, tls } };
      await inScene(options, async (scene) => {
        const client = await scene.connect();
        expect(await client.login('ana', 'orders')).toMatch(answer);
        expect(scene.told('session.refused').map(({ cause }) => cause)).toEqual(causes);
      });
    }
  });

  it('whose certificate is not checked is lost for another reason than that', async () => {
    const upstream = { tls: 'require' as const, ca: other.ca };
    await inScene({ databaseCertificate: certificate, upstream }, async (scene) => {
      scene.database.greeting = 'reset';
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(/^ERR upstream-unreachable /);
      expect(scene.told('session.refused')[0]?.cause).toBe('ECONNRESET');
    });
  });

  it('that answers with garbage costs its client the login', async () => {
    const options = { upstream: { tls: 'require' as const, ca: certificate.ca } };
    await inScene(options, async (scene) => {
      const client = await scene.connect();
      expect(await client.login('ana', 'orders')).toMatch(/^ERR upstream-/);
      await scene.empty();
    });
  });
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Secret, type TlsMode, type Upstream } from '@weir/contract';
import { POSTGRES_VERSIONS, type PostgresServer, startPostgres } from '@weir/testkit';
import { SaltedPasswords } from '../src/auth/salted-passwords.ts';
import { PostgresCancel } from '../src/cancel.ts';
import { type HandshakeState, makeHandshakeState } from '../src/handshake-state.ts';
import { PostgresUpstream } from '../src/upstream.ts';
import { type Dialled, dial } from './dialled-upstream.ts';
import { makeSession, makeTarget } from './targets.ts';
import { cstring, message, READY } from './wire-bytes.ts';

// Making a cluster takes a second, and several on a busy machine.
jest.setTimeout(60_000);

const HBA = [
  'host all trusted all trust',
  'host all cleartext all password',
  'host all digest all md5',
  'host all all all scram-sha-256',
];
/** Passwords of which SASLprep changes one and forbids another. */
const FOLDED = '\u2168 I\u00adX \u00aa';
const FORBIDDEN = 'bell \u0007 rings';
const ROLES = `
  create role trusted login;
  create role cleartext login password 'pencil';
  create role scrammed login password 'pencil';
  create role folded login password '${FOLDED}';
  create role forbidden login password '${FORBIDDEN}';
  set password_encryption = md5;
  create role digest login password 'pencil';`;

const means = {
  randomBytes: (length: number) => randomBytes(length),
  saltedPasswords: new SaltedPasswords(),
};

interface Opened extends Dialled {
  readonly state: HandshakeState;
}

const open: Dialled[] = [];

async function connect(
  server: PostgresServer,
  upstream: Partial<Upstream>,
  parameters: HandshakeState['parameters'] = [],
): Promise<Opened> {
  const state = { ...makeHandshakeState(), parameters };
  const target = makeTarget({ database: 'postgres', ...upstream });
  const { ca } = target.upstream;
  const dialled = await dial(
    { host: server.host, port: server.port, ...(ca === undefined ? {} : { ca }) },
    (actions) => new PostgresUpstream(makeSession(target), state, means, actions),
  );
  open.push(dialled);
  return { ...dialled, state };
}

const query = (text: string) => message('Q', cstring(text));

afterAll(() => {
  for (const dialled of open) dialled.close();
});

describe.each(POSTGRES_VERSIONS)('PostgreSQL %s', (version) => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres({ version, hba: HBA });
    await server.query(ROLES);
  });

  afterAll(() => server.stop());

  it.each<[string, string, TlsMode, string]>([
    ['trust', 'trusted', 'disable', ''],
    ['trust over TLS', 'trusted', 'require', ''],
    ['a cleartext password', 'cleartext', 'disable', 'pencil'],
    ['a cleartext password over TLS', 'cleartext', 'require', 'pencil'],
    ['an MD5 password', 'digest', 'disable', 'md5'],
    ['an MD5 password over TLS', 'digest', 'prefer', 'md5'],
    ['SCRAM', 'scrammed', 'disable', 'SCRAM-SHA-256\0'],
    ['SCRAM with channel binding', 'scrammed', 'prefer', 'SCRAM-SHA-256-PLUS\0'],
  ])('lets the proxy in by %s', async (_name, user, tls, proof) => {
    const opened = await connect(server, { user, tls });
    expect(opened.refusal).toBeUndefined();
    expect(opened.sent).toContain(proof);
    expect(opened.secured === undefined).toBe(tls === 'disable');
    expect(opened.state.reported.get('server_version')).toMatch(new RegExp(`^${version}\\b`));
    const answer = await opened.ask(query('select current_user'), READY.toString('latin1'));
    expect(answer).toContain(user);
  });

  it.each([
    ['folded', FOLDED],
    ['forbidden', FORBIDDEN],
  ])('takes a password that SASLprep has %s', async (user, password) => {
    const opened = await connect(server, { user, password: new Secret(password) });
    expect(opened.refusal).toBeUndefined();
  });

  it('is believed with a certificate that its authority signed', async () => {
    const ca = server.tls?.ca ?? '';
    const opened = await connect(server, { user: 'scrammed', tls: 'verify-full', ca });
    expect(opened.refusal).toBeUndefined();
    expect(opened.secured?.alpn).toBe(Number(version) >= 17 ? 'postgresql' : undefined);
  });

  it.each(['cleartext', 'digest', 'scrammed'])(
    'is not told why when it does not take the password of %s',
    async (user) => {
      const { refusal } = await connect(server, { user, password: new Secret('wrong') });
      expect(refusal).toEqual({
        code: 'upstream-refused',
        message:
          'the database refused the connection with SQLSTATE 28P01: ' +
          "it does not take the password of the target's account",
      });
    },
  );

  it('does not know another database', async () => {
    const { refusal } = await connect(server, { user: 'trusted', database: 'nowhere' });
    expect(refusal?.message).toContain('3D000');
  });

  it('applies the settings that the client chose', async () => {
    const opened = await connect(server, { user: 'trusted' }, [
      ['options', '-c search_path=a,\\ b --lock-timeout=7s'],
      ['application_name', 'a tool'],
      ['client_encoding', "'utf-8'"],
    ]);
    const settings = "select current_setting('search_path'), current_setting('lock_timeout')";
    const answer = await opened.ask(query(settings), READY.toString('latin1'));
    expect(answer).toContain('a, b');
    expect(answer).toContain('7s');
    expect(opened.state.reported.get('application_name')).toBe('a tool');
  });

  it('says when it does not take a value', async () => {
    const { refusal } = await connect(server, { user: 'trusted' }, [
      ['TimeZone', 'Nowhere/At_all'],
    ]);
    expect(refusal?.message).toContain('22023');
  });

  it.each<TlsMode>(['disable', 'require'])('stops what it runs when asked (%s)', async (tls) => {
    const opened = await connect(server, { user: 'trusted', tls });
    const answer = opened.ask(query('select pg_sleep(600)'), READY.toString('latin1'));
    const running = `select 1 from pg_stat_activity where pid = ${opened.link?.process}
      and wait_event = 'PgSleep'`;
    while ((await server.query(running)).length === 0);
    const cancelling = await dial(
      { host: server.host, port: server.port },
      (actions) => new PostgresCancel(opened.state, actions),
    );
    expect(cancelling.refusal).toBeUndefined();
    await cancelling.closed;
    expect(await answer).toContain('57014');
  });
});

describe('a PostgreSQL without TLS', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres({ version: '15', hba: HBA, tls: false });
    await server.query(ROLES);
  });

  afterAll(() => server.stop());

  it.each(['trusted', 'digest', 'scrammed'])('is reached by prefer as %s', async (user) => {
    const opened = await connect(server, { user, tls: 'prefer' });
    expect(opened.refusal).toBeUndefined();
    expect(opened.secured).toBeUndefined();
  });

  it('gets no cleartext password where TLS was preferred', async () => {
    const { refusal, sent } = await connect(server, { user: 'cleartext', tls: 'prefer' });
    expect(refusal?.message).toContain('cleartext password over an unencrypted connection');
    expect(sent).not.toContain('pencil');
  });

  it.each<TlsMode>(['require', 'verify-ca', 'verify-full'])('is not reached by %s', async (tls) => {
    const { refusal } = await connect(server, { user: 'trusted', tls });
    expect(refusal?.message).toBe('the database does not offer TLS, which the target requires');
  });
});

import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type PostgresServer, startPostgres } from '@weir/testkit';
import { parseStartupOptions } from '../src/startup-options.ts';
import { playDownstream } from './downstream-play.ts';
import { whole } from './splits.ts';
import {
  cancelRequest,
  cstring,
  int32,
  message,
  packet,
  SSL_REQUEST,
  startup,
} from './wire-bytes.ts';

/** The machine that plays the server is held against the server of PostgreSQL 18. */

// Making a cluster takes a second, and several on a busy machine.
jest.setTimeout(60_000);

const ANA = { user: 'ana', database: 'postgres' };
const OPTION = { '_pq_.test_protocol_negotiation': '' };

let server: PostgresServer;

beforeAll(async () => {
  const hba = ['host all ana all password', 'host all free all trust', 'host all all all md5'];
  server = await startPostgres({ version: '18', tls: false, hba });
  await server.query('create role free login');
});

afterAll(() => server.stop());

/** Everything that the server answers to these packets until it closes. */
async function askServer(packets: readonly Buffer[]): Promise<Buffer> {
  const socket = net.connect(server.port, server.host);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'connect');
  for (const [at, bytes] of packets.entries()) {
    // Each encryption request waits for its one-byte answer.
    while (Buffer.concat(chunks).length < at) await once(socket, 'data');
    socket.write(bytes);
  }
  socket.end();
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

function askMachine(packets: readonly Buffer[]): Buffer {
  const steps = packets.map((bytes) => ({ bytes }));
  const { deeds } = playDownstream({ options: { tlsAvailable: false }, steps }, whole);
  const sent = deeds.map((deed) => ('send' in deed ? deed.send : ''));
  return Buffer.from(sent.join(''), 'latin1');
}

/**
 * An error's fields that a client acts on; where in its source the server failed is its own, and so is
 * Weir's reference.
 */
function withoutSourceLines(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/\nDETAIL: .*\n/, '\n')
    .replace(/E.{4}(S[^\0]*\0)(V[^\0]*\0)(C[^\0]*\0)(M[^\0]*\0).*$/s, 'E$1$2$3$4');
}

describe('the same answer as the server gives', () => {
  it.each<[string, readonly Buffer[]]>([
    ['protocol 3.0', [startup(ANA)]],
    ['protocol 3.2', [startup(ANA, 196610)]],
    ['protocol 3.3', [startup(ANA, 196611)]],
    ['protocol 3.9999 with a protocol option', [startup({ ...ANA, ...OPTION }, 206607)]],
    ['protocol 3.0 with protocol options', [startup({ '_pq_.a': '1', ...ANA, ...OPTION })]],
    ['protocol 2.0', [startup(ANA, 131072)]],
    ['protocol 1.0', [startup(ANA, 65536)]],
    ['protocol 0.0', [startup(ANA, 0)]],
    ['protocol 4.0', [startup(ANA, 262144)]],
    ['protocol 65535.65535', [startup(ANA, 0xffffffff)]],
    ['no database', [startup({ user: 'ana' })]],
    ['SSLRequest', [SSL_REQUEST]],
    ['SSLRequest, then a login', [SSL_REQUEST, startup(ANA)]],
    ['SSLRequest twice', [SSL_REQUEST, SSL_REQUEST]],
    ['a cancel request with a strange key', [cancelRequest(1, Buffer.from('abcd'))]],
    ['a cancel request without a key', [cancelRequest(1, Buffer.alloc(0))]],
    ['a cancel request with a key that is too long', [cancelRequest(1, Buffer.alloc(257))]],
    ['a length of 7', [int32(7)]],
    ['a length of 10,005', [int32(10_005)]],
    ['another protocol', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
    [
      'a statement in place of the password',
      [Buffer.concat([startup(ANA), message('Q', cstring('x'))])],
    ],
  ])('to %s', async (_name, packets) => {
    const expected = withoutSourceLines(await askServer(packets));
    expect(withoutSourceLines(askMachine(packets))).toBe(expected);
  });

  it('to 10,004 bytes of startup packet', async () => {
    const longest = startup({ ...ANA, application_name: 'x'.repeat(9_950) });
    expect(longest.length).toBe(10_004);
    expect(withoutSourceLines(askMachine([longest]))).toBe(
      withoutSourceLines(await askServer([longest])),
    );
  });

  it('in code alone, to a startup packet without its last byte', async () => {
    const packets = [packet(int32(196608), cstring('user'), cstring('ana'))];
    for (const answer of [await askServer(packets), askMachine(packets)]) {
      expect(answer.toString('latin1')).toMatch(/^E.{4}SFATAL\0VFATAL\0C08P01\0/s);
    }
  });
});

describe('startup options as the server reads them', () => {
  it.each([
    '-c application_name=a',
    '-capplication_name=a',
    '--application-name=a-b',
    ' \t-c\n application_name=a\\ b\\\\c\\',
    '-c application_name=first --APPLICATION_NAME=a=b',
    '-c application_name=',
  ])('%j', async (options) => {
    const parsed = parseStartupOptions(options);
    const last = parsed.understood ? parsed.settings.at(-1) : undefined;
    const answer = await askServer([startup({ user: 'free', database: 'postgres', options })]);
    expect(answer.toString('latin1')).toContain(`application_name\0${last?.[1]}\0`);
  });
});

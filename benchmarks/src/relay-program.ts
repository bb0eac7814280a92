/**
 * The bare relay, as a process: `pipe` in both directions. It knows one thing of the protocol, and
 * only with TLS: that a client asks for TLS in eight bytes and waits for one byte (PostgreSQL,
 * "SSL Session Encryption").
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { programOptions } from './node-peer.ts';

const SSL_REQUEST_BYTES = 8;

const { database, tls } = programOptions();
const context = tls && createSecureContext(tls);

const server = createServer({ noDelay: true }, (socket) => {
  if (context === undefined) join(socket);
  else secure(socket, context).then(join, () => socket.destroy());
}).listen(0, '127.0.0.1', 4096);
await once(server, 'listening');
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('no port was given');
console.log(address.port);

async function secure(socket: Socket, secureContext: SecureContext): Promise<Duplex> {
  const [request]: Buffer[] = await once(socket, 'data');
  socket.pause();
  if (request?.length !== SSL_REQUEST_BYTES) throw new Error('expected a request for TLS');
  socket.write('S');
  return new TLSSocket(socket, { isServer: true, secureContext });
}

function join(client: Duplex): void {
  const upstream = connect({ host: database.host, port: database.port, noDelay: true });
  const end = () => {
    client.destroy();
    upstream.destroy();
  };
  client.pipe(upstream);
  upstream.pipe(client);
  for (const side of [client, upstream]) side.on('close', end).on('error', end);
}

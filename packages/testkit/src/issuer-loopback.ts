import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A certificate and its private key, both PEM. */
export interface ServerIdentity {
  readonly cert: string;
  readonly key: string;
}

/** An HTTP server that only this machine reaches. */
export interface LoopbackServer {
  /** `http://127.0.0.1:PORT` (`https` with a certificate), without a slash at the end. */
  readonly url: string;
  /** Stops listening and ends every connection, also idle ones. */
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1; port 0 takes a free one. The listener is made once the address is known.
 * Requests that name another host are refused, so that no web page reaches the server through a
 * name of its own (DNS rebinding).
 */
export async function listenOnLoopback(
  port: number,
  makeListener: (url: string) => Promise<RequestListener>,
  identity?: ServerIdentity,
): Promise<LoopbackServer> {
  const server = identity === undefined ? createServer() : createTlsServer({ ...identity });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = boundAddress(server.address());
  const url = `${identity === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`;
  const hosts = [`127.0.0.1:${address.port}`, `localhost:${address.port}`];
  const listener = await makeListener(url);
  server.on('request', (request, response) => {
    if (hosts.includes(request.headers.host ?? '')) {
      listener(request, response);
    } else {
      response.writeHead(421).end();
    }
  });
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function boundAddress(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') {
    throw new Error('The server listens on no TCP port');
  }
  return address;
}

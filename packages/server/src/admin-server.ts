import { createServer, type Server, type ServerResponse } from 'node:http';

/** What `/metrics` answers. */
interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: MetricsPage;
  /** Why the proxy should get no new connections; undefined while it should. */
  readonly unready: () => string | undefined;
}

export interface AdminServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** `/metrics`, `/healthz` (the process lives) and `/readyz` (it takes connections). */
export async function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    response.setHeader('cache-control', 'no-store');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, 'method not allowed\n');
      return;
    }
    const [path = ''] = (request.url ?? '').split('?', 1);
    route(path, response, options).catch(() => answer(response, 500, 'failed\n'));
  });
  const { host } = options;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: options.port }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  // Accepting one connection failed (no memory, no descriptor): the next one may fare better.
  server.on('error', () => undefined);
  return { host, port: boundPort(server), close: () => close(server) };
}

async function route(path: string, response: ServerResponse, options: AdminOptions): Promise<void> {
  if (path === '/metrics') {
    response.setHeader('content-type', options.metrics.contentType);
    answer(response, 200, await options.metrics.text());
  } else if (path === '/healthz') {
    answer(response, 200, 'ok\n');
  } else if (path === '/readyz') {
    const reason = options.unready();
    answer(response, reason === undefined ? 200 : 503, `${reason ?? 'ready'}\n`);
  } else {
    answer(response, 404, 'not found\n');
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status).end(body);
}

function boundPort(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

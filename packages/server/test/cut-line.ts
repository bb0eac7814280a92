import { connect, createServer, type Socket } from 'node:net';

/** A line to a server on loopback that can be cut. */
export interface CutLine {
  readonly port: number;
  /** Ends all connections, in order (FIN) or not (RST), without a word to whoever dialed. */
  cut(how: 'FIN' | 'RST'): void;
  close(): void;
}

/** Passes on every connection to `port`. */
export async function startCutLine(port: number): Promise<CutLine> {
  const dialers = new Set<Socket>();
  const server = createServer((dialer) => {
    const upstream = connect(port, '127.0.0.1');
    dialers.add(dialer);
    dialer.pipe(upstream);
    upstream.pipe(dialer);
    for (const side of [dialer, upstream]) side.on('error', () => undefined);
    dialer.on('close', () => {
      dialers.delete(dialer);
      upstream.destroy();
    });
    upstream.on('close', () => dialer.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const cut = (how: 'FIN' | 'RST') => {
    for (const dialer of dialers) {
      if (how === 'RST') dialer.resetAndDestroy();
      else dialer.destroy();
    }
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    close: () => {
      server.close();
      cut('RST');
    },
  };
}

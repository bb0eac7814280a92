import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type {
  Refusal,
  SecuredFacts,
  UpstreamActions,
  UpstreamLink,
  UpstreamMachine,
} from '@weir/contract';

/** A connection to a real server, with a machine that does the handshake over it. */
export interface Dialled {
  readonly link: UpstreamLink | undefined;
  readonly refusal: Refusal | undefined;
  /** All that the machine sent. */
  readonly sent: string;
  readonly secured: SecuredFacts | undefined;
  /** Sends bytes and gives what has come in answer once it holds `until`. */
  ask(bytes: Buffer, until: string): Promise<string>;
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<unknown>;
  close(): void;
}

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** The authority that must have signed the server's certificate; any certificate when absent. */
  readonly ca?: string;
}

/** Connects, and resolves when the machine is ready or has failed. */
export async function dial(
  options: DialOptions,
  makeMachine: (actions: UpstreamActions) => UpstreamMachine,
): Promise<Dialled> {
  const socket = net.connect(options.port, options.host);
  await once(socket, 'connect');
  return new Promise((resolve, reject) => {
    new Dialogue(socket, options, resolve, reject).run(makeMachine);
  });
}

class Dialogue {
  readonly #options: DialOptions;
  readonly #resolve: (dialled: Dialled) => void;
  readonly #reject: (error: Error) => void;
  #socket: net.Socket;
  #machine: UpstreamMachine | undefined;
  #sent = '';
  #answer = '';
  #secured: SecuredFacts | undefined;
  #over = false;

  constructor(
    socket: net.Socket,
    options: DialOptions,
    resolve: (dialled: Dialled) => void,
    reject: (error: Error) => void,
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  run(makeMachine: (actions: UpstreamActions) => UpstreamMachine): void {
    this.#listen();
    this.#machine = makeMachine({
      send: (bytes) => {
        this.#sent += Buffer.from(bytes).toString('latin1');
        this.#socket.write(bytes);
      },
      secure: (alpn) => this.#secure(alpn),
      ready: (link) => this.#finish(link, undefined),
      failed: (refusal) => this.#finish(undefined, refusal),
    });
    this.#machine.start();
  }

  #listen(): void {
    this.#socket.on('data', (chunk) => {
      if (this.#over) this.#answer += chunk.toString('latin1');
      else this.#machine?.receive(chunk);
    });
    this.#socket.on('error', (error) => this.#reject(error));
    this.#socket.on('close', () => this.#reject(new Error('the server closed the connection')));
  }

  #secure(alpn: string | undefined): void {
    const plain = this.#socket.removeAllListeners('data').removeAllListeners('close');
    const secured = tls.connect({
      socket: plain,
      host: this.#options.host,
      ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
      ...(this.#options.ca === undefined
        ? { rejectUnauthorized: false }
        : { ca: this.#options.ca }),
    });
    this.#socket = secured;
    this.#listen();
    secured.once('secureConnect', () => {
      this.#secured = {
        version: secured.getProtocol() ?? '',
        ...(secured.alpnProtocol ? { alpn: secured.alpnProtocol } : {}),
        peerCertificate: secured.getPeerCertificate().raw,
      };
      this.#machine?.secured(this.#secured);
    });
  }

  #finish(link: UpstreamLink | undefined, refusal: Refusal | undefined): void {
    this.#over = true;
    const socket = this.#socket;
    this.#resolve({
      link,
      refusal,
      sent: this.#sent,
      secured: this.#secured,
      ask: (bytes, until) => this.#ask(bytes, until),
      closed: once(socket, 'close'),
      close: () => socket.destroy(),
    });
  }

  async #ask(bytes: Buffer, until: string): Promise<string> {
    this.#socket.write(bytes);
    while (!this.#answer.includes(until)) await once(this.#socket, 'data');
    return this.#answer;
  }
}

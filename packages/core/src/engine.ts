import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import {
  type Authenticator,
  CONTRACT_VERSION,
  type EngineEvent,
  type PolicySource,
  type ProtocolPlugin,
  type Refusal,
  type StatementStages,
  WeirError,
} from '@weir/contract';
import type { Observable } from 'rxjs';
import { CancelKeys } from './cancel-keys.ts';
import { Connection } from './connection.ts';
import { Counts } from './counts.ts';
import type { EngineState } from './engine-state.ts';
import { EventStream } from './event-stream.ts';
import { Gate } from './gate.ts';
import type { EngineLimits } from './limits.ts';
import { SHUTTING_DOWN } from './session-end.ts';
import { makeServerContext, type ServerCertificate } from './tls.ts';

export interface EngineOptions {
  readonly plugins: readonly ProtocolPlugin[];
  readonly authenticator: Authenticator;
  readonly policy: PolicySource;
  readonly stages: StatementStages;
  readonly limits: EngineLimits;
  /** Milliseconds since the epoch, as finely as the platform can. */
  readonly now?: () => number;
}

export interface ListenOptions {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  /** Whether logins are taken over TLS only. */
  readonly tlsRequired: boolean;
}

export interface ListenAddress {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
}

const IDLE: Refusal = {
  code: 'idle-timeout',
  message: 'the session was idle for too long',
  hint: 'Connect again, or ask for a longer limits.idle_timeout.',
};
/** How many times within the idle timeout the sessions are looked through. */
const IDLE_CHECKS = 4;

const { timeOrigin } = performance;
const systemNow = (): number => timeOrigin + performance.now();

/** Accepts connections, carries sessions, drains. Everything it does is told by `events`. */
export class Engine {
  readonly events: Observable<EngineEvent>;
  readonly #options: EngineOptions;
  readonly #plugins: ReadonlyMap<string, ProtocolPlugin>;
  readonly #state: EngineState;
  readonly #servers: Server[] = [];
  #secureContext: SecureContext | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();

  /** Throws WeirError when two plugins speak one protocol or one was made for another contract. */
  constructor(options: EngineOptions) {
    this.#options = options;
    this.#plugins = register(options.plugins);
    const now = options.now ?? systemNow;
    const events = new EventStream();
    this.events = events.events;
    this.#state = {
      gate: new Gate({ ...options, now }),
      limits: options.limits,
      events,
      cancelKeys: new CancelKeys(),
      pending: new Set(),
      admitting: new Set(),
      sessions: new Set(),
      principals: new Counts(),
      now,
      draining: false,
      changed: () => this.#changed(),
    };
    this.#watchIdle();
  }

  /** Sessions that are open now. */
  get sessionCount(): number {
    return this.#state.sessions.size;
  }

  /** Bytes that the sessions that are open now have carried so far. */
  get openBytes(): { readonly fromClient: number; readonly toClient: number } {
    const sum = { fromClient: 0, toClient: 0 };
    for (const { carried } of this.#state.sessions) {
      sum.fromClient += carried.fromClient;
      sum.toClient += carried.toClient;
    }
    return sum;
  }

  /** Connections that are not sessions yet. */
  get pendingCount(): number {
    return this.#state.pending.size + this.#state.admitting.size;
  }

  /** The certificate for connections from now on. Throws when certificate and key do not fit. */
  useCertificate(certificate: ServerCertificate): void {
    this.#secureContext = makeServerContext(certificate);
  }

  /** Resolves when the address is bound; port 0 picks a free one. */
  async listen(options: ListenOptions): Promise<ListenAddress> {
    const { protocol, host, port } = options;
    const plugin = this.#plugins.get(protocol);
    if (plugin === undefined) {
      throw new WeirError('ERR_CONFIG_INVALID', `no plugin speaks the protocol "${protocol}"`);
    }
    const server = createServer({ noDelay: true, keepAlive: true, allowHalfOpen: true });
    server.on('connection', (socket) => this.#accept(socket, plugin, options.tlsRequired));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: 4096 }, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
    // Accepting one connection failed (no memory, no descriptor): the next one may fare better.
    server.on('error', () => undefined);
    this.#servers.push(server);
    const address = server.address();
    return { protocol, host, port: typeof address === 'object' ? (address?.port ?? port) : port };
  }

  /**
   * Takes no more logins, lets sessions finish what they are doing, and resolves when all are gone and
   * their clients have what was sent to them. After `limits.drainTimeout` the rest are ended with an
   * error, and `limits.closeTimeout` bounds how long their clients may take to read it. As long as there
   * are sessions it listens: who else would take the request to cancel what the drain waits for?
   */
  async drain(): Promise<void> {
    const { sessions, pending, admitting, limits } = this.#state;
    this.#state.draining = true;
    for (const connection of [...admitting]) connection.refuse(SHUTTING_DOWN);
    for (const session of [...sessions]) session.drain();
    const force = setTimeout(() => {
      for (const session of [...sessions]) session.end(SHUTTING_DOWN);
    }, limits.drainTimeout);
    await this.#until(() => sessions.size === 0);
    clearTimeout(force);
    clearInterval(this.#idleTimer);
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const connection of [...pending]) connection.refuse(SHUTTING_DOWN);
    await this.#until(() => pending.size === 0);
    this.#state.events.complete();
    await Promise.all(closed);
  }

  #accept(socket: Socket, plugin: ProtocolPlugin, tlsRequired: boolean): void {
    const { limits, pending } = this.#state;
    const secureContext = this.#secureContext;
    // Silent connections must not keep others out: the one that has waited longest goes.
    if (pending.size >= limits.maxPendingHandshakes) {
      for (const oldest of pending) {
        oldest.evict(TOO_MANY_PENDING);
        break;
      }
    }
    try {
      const machines = plugin.makeConnection({
        tlsAvailable: secureContext !== undefined,
        tlsRequired,
        limits,
        randomBytes,
      });
      new Connection({ socket, plugin, machines, secureContext }, this.#state);
    } catch {
      // A plugin that cannot make its machines serves nobody; whoever else is connected stays so.
      socket.destroy();
    }
  }

  #watchIdle(): void {
    const { idleTimeout } = this.#options.limits;
    if (idleTimeout === 0) return;
    const idleChecks = new WeakMap<object, number>();
    this.#idleTimer = setInterval(() => {
      for (const session of [...this.#state.sessions]) {
        const idle = session.takeActivity() ? 0 : (idleChecks.get(session) ?? 0) + 1;
        idleChecks.set(session, idle);
        if (idle > IDLE_CHECKS) session.end(IDLE);
      }
    }, idleTimeout / IDLE_CHECKS);
    this.#idleTimer.unref();
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves when the condition holds, which is looked at whenever a connection came or went. */
  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

const TOO_MANY_PENDING: Refusal = {
  code: 'too-many-connections',
  message: 'too many connections are waiting to log in',
};

function register(plugins: readonly ProtocolPlugin[]): ReadonlyMap<string, ProtocolPlugin> {
  const byProtocol = new Map<string, ProtocolPlugin>();
  for (const plugin of plugins) {
    const { protocol, contract } = plugin.manifest;
    if (contract !== CONTRACT_VERSION) {
      throw new WeirError(
        'ERR_PLUGIN_INCOMPATIBLE',
        `the plugin for "${protocol}" was made for contract ${contract}; this is ${CONTRACT_VERSION}`,
      );
    }
    if (byProtocol.has(protocol)) {
      throw new WeirError('ERR_PLUGIN_DUPLICATE', `two plugins speak "${protocol}"`);
    }
    byProtocol.set(protocol, plugin);
  }
  return byProtocol;
}

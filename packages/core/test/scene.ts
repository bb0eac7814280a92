import type {
  Authenticator,
  EngineEvent,
  PolicySnapshot,
  Principal,
  StatementStages,
  Target,
  Upstream,
} from '@weir/contract';
import { DEFAULT_LIMITS, Engine, type EngineLimits, type ServerCertificate } from '@weir/core';
import { ToyClient } from './toy-client.ts';
import { ToyDatabase } from './toy-database.ts';
import { type ToyOptions, toy } from './toy-plugin.ts';
import { until } from './until.ts';

export interface SceneOptions {
  readonly limits?: Partial<EngineLimits>;
  readonly stages?: StatementStages;
  readonly authenticator?: Authenticator;
  readonly plugin?: ToyOptions;
  readonly certificate?: ServerCertificate;
  readonly tlsRequired?: boolean;
  readonly upstream?: Partial<Upstream>;
  readonly databaseCertificate?: ServerCertificate;
}

/** An event of one type. */
export type EventOf<Type extends EngineEvent['type']> = Extract<EngineEvent, { type: Type }>;

/** The engine with the toy plugin, a toy database behind it, and everything that it told. */
export class Scene {
  readonly engine: Engine;
  readonly database: ToyDatabase;
  readonly events: EngineEvent[] = [];
  readonly target: Target;
  port = 0;
  #policy: PolicySnapshot;
  readonly #clients: ToyClient[] = [];

  constructor(options: SceneOptions, database: ToyDatabase) {
    this.database = database;
    this.target = makeTarget('orders', database.port, options.upstream);
    this.#policy = makePolicy([this.target]);
    this.engine = new Engine({
      plugins: [toy(options.plugin)],
      authenticator: options.authenticator ?? PASSWORDS,
      policy: { current: () => this.#policy },
      stages: options.stages ?? {},
      limits: { ...DEFAULT_LIMITS, closeTimeout: 1000, ...options.limits },
    });
    this.engine.events.subscribe((event) => this.events.push(event));
    if (options.certificate !== undefined) this.engine.useCertificate(options.certificate);
  }

  /** Puts another policy in force. */
  usePolicy(policy: PolicySnapshot): void {
    this.#policy = policy;
  }

  async connect(): Promise<ToyClient> {
    const client = await ToyClient.connect(this.port);
    this.#clients.push(client);
    return client;
  }

  /** A client that Weir has let in. */
  async session(user = 'ana'): Promise<ToyClient> {
    const client = await this.connect();
    const answer = await client.login(user, 'orders');
    if (!answer.startsWith('READY ')) throw new Error(answer);
    return client;
  }

  told<Type extends EngineEvent['type']>(type: Type): readonly EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** The types of what was told of one statement, in order. */
  storyOf(seq: number): readonly string[] {
    return this.events
      .filter((event) => 'statement' in event && event.statement.seq === seq)
      .map(({ type }) => type);
  }

  /** Resolves when there are so many events of this type; answers with the last of those. */
  async next<Type extends EngineEvent['type']>(type: Type, count = 1): Promise<EventOf<Type>> {
    await until(() => this.told(type).length >= count);
    const event = this.told(type)[count - 1];
    if (event === undefined) throw new Error('no such event');
    return event;
  }

  /** Resolves when nothing is left of any connection. */
  async empty(): Promise<void> {
    const { engine, database } = this;
    await until(
      () =>
        engine.sessionCount === 0 && engine.pendingCount === 0 && database.connections.size === 0,
    );
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.leave();
    await this.database.close();
    await this.engine.drain();
  }
}

export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  const database = new ToyDatabase(options.databaseCertificate);
  await database.listen();
  const scene = new Scene(options, database);
  const address = await scene.engine.listen({
    protocol: 'toy',
    host: '127.0.0.1',
    port: 0,
    tlsRequired: options.tlsRequired ?? false,
  });
  scene.port = address.port;
  return scene;
}

/** Runs a test in a scene of its own and clears it away. */
export async function inScene(
  options: SceneOptions,
  test: (scene: Scene) => Promise<void>,
): Promise<void> {
  const scene = await startScene(options);
  try {
    await test(scene);
  } finally {
    await scene.close();
  }
}

export function makeTarget(name: string, port: number, upstream: Partial<Upstream> = {}): Target {
  return {
    name,
    protocol: 'toy',
    environment: 'test',
    allowSettings: [],
    allowReplication: false,
    upstream: {
      host: '127.0.0.1',
      port,
      database: 'shop',
      user: 'weir',
      tls: 'disable',
      ...upstream,
    },
  };
}

export function makePrincipal(name: string): Principal {
  return {
    issuer: 'https://issuer.test',
    subject: name,
    kind: 'human',
    name,
    groups: [],
    expiresAt: 4_102_444_800_000,
  };
}

/** Lets everybody on every target but those whose name is in `without`. */
export function makePolicy(
  targets: readonly Target[],
  without: readonly string[] = [],
): PolicySnapshot {
  return {
    digest: `${targets.length}-${without.join()}`,
    targets: new Map(targets.map((target) => [target.name, target])),
    authorise: (principal, target) =>
      without.includes(principal.name) || without.includes(target.name)
        ? { granted: false }
        : { granted: true, rule: 'everybody' },
  };
}

/** Takes `NAME-secret` from NAME. */
export const PASSWORDS: Authenticator = {
  authenticate: async ({ user, secret }) =>
    secret.reveal() === `${user}-secret`
      ? { authenticated: true, principal: makePrincipal(user) }
      : { authenticated: false, failure: 'bad-signature' },
};

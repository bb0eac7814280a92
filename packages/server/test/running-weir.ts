import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineEvent, StatementStages } from '@weir/contract';
import { startWeir, type Weir } from '@weir/server';
import { Client, type ClientConfig, DatabaseError } from 'pg';
import { type Backdrop, type Sections, weirYaml } from './backdrop.ts';
import { RawClient } from './raw-client.ts';
import { until } from './until.ts';

interface LoginChoice extends ClientConfig {
  readonly user?: string;
  readonly database?: string;
  readonly password?: string;
}

/** An event of one type. */
export type EventOf<Type extends EngineEvent['type']> = Extract<EngineEvent, { type: Type }>;

/** A proxy of its own for one test, and all that it told. */
export class RunningWeir {
  readonly weir: Weir;
  readonly events: EngineEvent[] = [];
  readonly configPath: string;
  readonly #backdrop: Backdrop;
  readonly #clients: Client[] = [];

  constructor(weir: Weir, configPath: string, backdrop: Backdrop) {
    this.weir = weir;
    this.configPath = configPath;
    this.#backdrop = backdrop;
    weir.events.subscribe((event) => this.events.push(event));
  }

  get port(): number {
    return this.weir.addresses[0]?.port ?? 0;
  }

  /** Logs in as Ana, with a good token, unless the choice says otherwise. */
  async connect(choice: LoginChoice = {}): Promise<Client> {
    const client = new Client({
      host: '127.0.0.1',
      port: this.port,
      user: 'ana@acme.com',
      database: 'orders',
      password: choice.password ?? (await this.#backdrop.issuer.tokenFor('ana')),
      ssl: { ca: this.#backdrop.certificates.ca },
      ...choice,
    });
    client.on('error', () => undefined);
    this.#clients.push(client);
    await client.connect();
    return client;
  }

  /** The error with which a login fails. */
  async refusal(choice: LoginChoice): Promise<DatabaseError> {
    return expectError(this.connect(choice));
  }

  /** A client that speaks bytes, before any of them. */
  raw(): Promise<RawClient> {
    return RawClient.connect(this.port, this.#backdrop.certificates.ca);
  }

  /** A client that speaks bytes, logged in over TLS. */
  async rawSession(): Promise<RawClient> {
    const client = await this.raw();
    await client.secure();
    client.startup({ user: 'ana@acme.com', database: 'orders' });
    await client.next('R');
    client.password(await this.#backdrop.issuer.tokenFor('ana'));
    await client.next('Z');
    return client;
  }

  told<Type extends EngineEvent['type']>(type: Type): readonly EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  async next<Type extends EngineEvent['type']>(type: Type, count = 1): Promise<EventOf<Type>> {
    await until(() => this.told(type).length >= count);
    const event = this.told(type)[count - 1];
    if (event === undefined) throw new Error('no such event');
    return event;
  }

  /** Writes another configuration, which Weir may or may not read. */
  async write(changed: Partial<Sections>): Promise<void> {
    await writeFile(this.configPath, weirYaml(this.#backdrop, changed));
  }

  /** A page of the admin listener: its status and text. */
  async page(path: string): Promise<readonly [number, string]> {
    const { host = '', port = 0 } = this.weir.admin ?? {};
    const response = await fetch(`http://${host}:${port}${path}`);
    return [response.status, await response.text()];
  }

  /** The value of a metric with these labels, as they stand in the text. */
  async metric(sample: string): Promise<number | undefined> {
    const [, text] = await this.page('/metrics');
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.slice(sample.length + 1));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()));
    await this.weir.stop();
  }
}

/** Runs a test with a proxy of its own. */
export async function withWeir(
  backdrop: Backdrop,
  options: Partial<Sections> & { readonly stages?: StatementStages },
  test: (running: RunningWeir) => Promise<void>,
): Promise<void> {
  const { stages = {}, ...sections } = options;
  const configPath = join(backdrop.dir, 'weir.yaml');
  await writeFile(configPath, weirYaml(backdrop, sections));
  await withWeirAt(configPath, backdrop, test, stages);
}

/** Runs a test with a proxy whose configuration is there already. */
export async function withWeirAt(
  configPath: string,
  backdrop: Backdrop,
  test: (running: RunningWeir) => Promise<void>,
  stages: StatementStages = {},
): Promise<void> {
  const weir = await startWeir({ configPath, env: environmentOf(backdrop), stages });
  const running = new RunningWeir(weir, configPath, backdrop);
  try {
    await test(running);
  } finally {
    await running.stop();
  }
}

/** What the configuration's references mean. */
export function environmentOf({ database }: Backdrop): Record<string, string> {
  return { DATABASE_PASSWORD: database.password, WRONG_PASSWORD: 'not-the-password-at-all' };
}

/** The error in which a promise ends, which must be one of the protocol. */
export async function expectError(promise: Promise<unknown>): Promise<DatabaseError> {
  const outcome = await promise.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  if (outcome instanceof DatabaseError) return outcome;
  throw outcome instanceof Error ? outcome : new Error(String(outcome));
}

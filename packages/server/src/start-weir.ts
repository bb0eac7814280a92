import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { EngineEvent, StatementStages } from '@weir/contract';
import { Engine, type ListenAddress, STATEMENT_STAGES } from '@weir/core';
import { makeOidcAuthenticator, type OidcAuthenticator } from '@weir/identity';
import { postgres } from '@weir/plugin-postgres';
import {
  type ConfigProblem,
  type FilesRead,
  formatProblem,
  readConfigFile,
  type WeirConfig,
} from '@weir/policy';
import { type Observable, config as rxjs } from 'rxjs';
import type { Logger } from 'winston';
import { type AdminServer, startAdminServer } from './admin-server.ts';
import { logEvent } from './event-log.ts';
import { watchFiles } from './file-watch.ts';
import { ListenError, type ListenPlace } from './listen-error.ts';
import { makeLog } from './log.ts';
import { LogOutput } from './log-output.ts';
import { Metrics } from './metrics.ts';
import { PolicyHolder } from './policy-holder.ts';

export interface StartOptions {
  /** The path of a `weir.yaml`. */
  readonly configPath: string;
  /** What `${env:NAME}` refers to. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What decides statements; a stage that is absent lets all pass, and that is logged at start. */
  readonly stages?: StatementStages;
}

export interface ListenPoint {
  readonly host: string;
  readonly port: number;
}

/** A running proxy. */
export interface Weir {
  readonly addresses: readonly ListenAddress[];
  /** Where metrics and health are served, if anywhere. */
  readonly admin: ListenPoint | undefined;
  /** The digest of the policy in force. */
  readonly digest: () => string;
  readonly events: Observable<EngineEvent>;
  /** Reads the configuration again. What is wrong with it, if it was not taken. */
  reload(): readonly ConfigProblem[];
  /** Lets sessions finish, ends what listens, and resolves when all is gone. */
  stop(): Promise<void>;
}

/** The configuration cannot be used; `problems` says everything that is wrong with it. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

type ReadConfig = ReturnType<typeof readConfigFile>;
type ValidConfig = ReadConfig & { readonly ok: true };

interface ServerInput {
  readonly loaded: ValidConfig;
  readonly stages: StatementStages;
  readonly log: Logger;
  /** Log lines that could not be written. */
  readonly lostLines: () => number;
  readonly read: () => ReadConfig;
}

const PLUGINS = [postgres()];

/** The protocols that this build speaks, with their default ports. */
export const PROTOCOLS = PLUGINS.map(({ manifest }) => ({
  protocol: manifest.protocol,
  defaultPort: manifest.defaultPort,
}));

/** Starts the proxy. Throws ConfigError before anything listens, and ListenError when it may not. */
export async function startWeir(options: StartOptions): Promise<Weir> {
  const configPath = resolve(options.configPath);
  const read = () => readConfigFile(configPath, { env: options.env, protocols: PROTOCOLS });
  const loaded = read();
  if (!loaded.ok) throw new ConfigError(loaded.problems);
  const output = new LogOutput();
  const log = makeLog(loaded.config.log, output);
  rxjs.onUnhandledError = (error) => log.error('an observer failed', { error: nameOf(error) });
  const stages = options.stages ?? {};
  const server = new Server({ loaded, stages, log, lostLines: () => output.lost, read });
  try {
    await server.listen();
  } catch (error) {
    await server.stop();
    throw error;
  }
  server.watch();
  return server;
}

class Server implements Weir {
  readonly events: Observable<EngineEvent>;
  readonly #engine: Engine;
  readonly #holder: PolicyHolder;
  #authenticator: OidcAuthenticator;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #read: () => ReadConfig;
  /** What it was started with: the parts that no reload changes. */
  readonly #config: WeirConfig;
  /** What was read last, whether it was taken or not. */
  #files: FilesRead;
  #addresses: ListenAddress[] = [];
  #adminServer: AdminServer | undefined;
  #unwatch: (() => void) | undefined;
  #stopped: Promise<void> | undefined;

  constructor({ loaded, stages, log, lostLines, read }: ServerInput) {
    this.#config = loaded.config;
    this.#files = loaded.files;
    this.#log = log;
    this.#read = read;
    this.#authenticator = this.#makeAuthenticator(loaded.config);
    this.#holder = new PolicyHolder(loaded.snapshot, this.#authenticator);
    this.#engine = new Engine({
      plugins: PLUGINS,
      authenticator: this.#holder,
      policy: this.#holder,
      stages,
      limits: loaded.config.limits,
    });
    this.events = this.#engine.events;
    this.#metrics = new Metrics({
      sessions: () => this.#engine.sessionCount,
      pending: () => this.#engine.pendingCount,
      openBytes: () => this.#engine.openBytes,
      lostLines,
    });
    // One observer for both: every event passes here, and most concern only one of them.
    this.events.subscribe((event) => {
      this.#metrics.observe(event);
      logEvent(log, event);
    });
    this.#useCertificate(loaded.config);
    this.#tellPolicy(loaded);
    this.#tellStages(stages);
  }

  get addresses(): readonly ListenAddress[] {
    return this.#addresses;
  }

  get admin(): ListenPoint | undefined {
    return this.#adminServer;
  }

  digest(): string {
    return this.#holder.current().digest;
  }

  async listen(): Promise<void> {
    for (const { protocol, host, port } of this.#config.listeners) {
      // Tokens are taken over TLS only, whatever the listener could do without it.
      const address = await opening({ key: `listen.${protocol}`, host, port }, () =>
        this.#engine.listen({ protocol, host, port, tlsRequired: true }),
      );
      this.#addresses.push(address);
      this.#log.info('listening', { ...address });
    }
    const { admin } = this.#config;
    if (admin === undefined) return;
    this.#adminServer = await opening({ key: 'listen.admin', ...admin }, () =>
      startAdminServer({
        ...admin,
        metrics: this.#metrics,
        unready: () => (this.#stopped === undefined ? undefined : 'shutting down'),
      }),
    );
    this.#log.info('admin listening', { host: admin.host, port: this.#adminServer.port });
  }

  /** Takes what the files hold whenever that has changed, whatever else has changed of them. */
  watch(): void {
    this.#unwatch = watchFiles(
      () => this.#files.keys(),
      () => {
        const loaded = this.#read();
        if (!isDeepStrictEqual(loaded.files, this.#files)) this.#take(loaded);
      },
      (error) =>
        this.#log.error('the configuration is not watched any more: SIGHUP reads it again', {
          error: nameOf(error),
        }),
    );
  }

  reload(): readonly ConfigProblem[] {
    return this.#take(this.#read());
  }

  #take(loaded: ReadConfig): readonly ConfigProblem[] {
    this.#files = loaded.files;
    this.#metrics.reloaded(loaded.ok);
    if (!loaded.ok) {
      const problems = loaded.problems.map(formatProblem);
      this.#log.error('the configuration is not valid: the old one stays in force', { problems });
      return loaded.problems;
    }
    if (needsRestart(this.#config, loaded.config)) {
      this.#log.warn('listen, limits, log, and tls on or off change with the next start only');
    }
    const authenticator = this.#authenticator.withIssuers(loaded.config.issuers);
    this.#useCertificate(loaded.config);
    this.#authenticator = authenticator;
    this.#holder.replace(loaded.snapshot, authenticator);
    this.#tellPolicy(loaded);
    return [];
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#unwatch?.();
    this.#log.info('draining', { sessions: this.#engine.sessionCount });
    await this.#engine.drain();
    await this.#adminServer?.close();
    this.#log.info('stopped');
  }

  #makeAuthenticator(config: WeirConfig): OidcAuthenticator {
    return makeOidcAuthenticator({
      issuers: config.issuers,
      onIssuerFault: (issuer, fault) =>
        this.#log.error('issuer not usable', { issuer, code: fault.code, reason: fault.message }),
    });
  }

  #useCertificate({ tls }: WeirConfig): void {
    if (tls !== 'off') this.#engine.useCertificate({ cert: tls.cert, key: tls.key.reveal() });
  }

  #tellPolicy(loaded: ValidConfig): void {
    for (const warning of loaded.warnings) this.#log.warn(formatProblem(warning));
    this.#log.info('policy in force', {
      digest: loaded.snapshot.digest,
      targets: loaded.snapshot.targets.size,
    });
  }

  /** What is not decided is said, so that nobody believes it is. */
  #tellStages(stages: StatementStages): void {
    for (const stage of STATEMENT_STAGES) {
      if (stages[stage] !== undefined) continue;
      this.#log.warn('this stage is not in use: it lets every statement pass', { stage });
    }
  }
}

/** Opens a listener; what goes wrong says which one it was. */
async function opening<Opened>(place: ListenPlace, open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    throw new ListenError(place, error);
  }
}

function needsRestart(before: WeirConfig, after: WeirConfig): boolean {
  const fixed = ({ listeners, admin, limits, log, tls }: WeirConfig) =>
    JSON.stringify([listeners, admin, limits, log, tls === 'off']);
  return fixed(before) !== fixed(after);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

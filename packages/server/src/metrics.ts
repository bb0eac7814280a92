import type { BatchForm, EngineEvent, FailureCause } from '@weir/contract';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { DurationTally } from './duration-tally.ts';

/** From 50 µs to 30 s: a proxy's own work up to a slow query. */
const SECONDS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5, 10, 30,
];

const STAGES = 'weir_stage_seconds';
const STAGES_HELP =
  'How long a stage took: authenticate, dial, login (all of it), decide, statement (all of it)';

interface MetricSources {
  readonly sessions: () => number;
  readonly pending: () => number;
  /** Bytes that the open sessions have carried so far. */
  readonly openBytes: () => { readonly fromClient: number; readonly toClient: number };
  /** Log lines that could not be written. */
  readonly lostLines: () => number;
}

/**
 * What Prometheus scrapes. Labels are of closed sets only: no person, target, address or text. What
 * every statement adds to is kept in plain numbers, and given to the registry when it is asked.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #opened = this.#counter('weir_sessions_opened_total', 'Sessions that became ready');
  readonly #closed = this.#counter('weir_sessions_closed_total', 'Sessions that ended', 'reason');
  readonly #refused = this.#counter(
    'weir_sessions_refused_total',
    'Connections that never became a session',
    'code',
  );
  readonly #held = this.#counter('weir_statements_held_total', 'Statements that had to wait');
  readonly #pauses = this.#counter(
    'weir_flow_pauses_total',
    'Times one side stopped being read because the other is slow',
    'side',
  );
  readonly #cancels = this.#counter('weir_cancels_total', 'Cancel requests', 'forwarded');
  readonly #unmatchedCancels = this.#counter(
    'weir_cancels_unmatched_total',
    'Cancel requests whose key no session has',
  );
  readonly #reloads = this.#counter(
    'weir_config_reloads_total',
    'Times the configuration was read again',
    'result',
  );
  /** Bytes of sessions that are over. */
  readonly #bytes = { from_client: 0, to_client: 0 };
  readonly #ended: Record<FailureCause | 'completed', number> = {
    completed: 0,
    database: 0,
    denied: 0,
    skipped: 0,
    connection: 0,
  };
  readonly #rows: Record<BatchForm, number> = { rows: 0, 'copy-out': 0, 'copy-in': 0 };
  readonly #rowBytes: Record<BatchForm, number> = { rows: 0, 'copy-out': 0, 'copy-in': 0 };
  readonly #stages = {
    authenticate: new DurationTally(SECONDS),
    dial: new DurationTally(SECONDS),
    login: new DurationTally(SECONDS),
    decide: new DurationTally(SECONDS),
    statement: new DurationTally(SECONDS),
  };

  constructor(sources: MetricSources) {
    collectDefaultMetrics({ register: this.#registry, prefix: 'weir_' });
    this.#gauge('weir_sessions', 'Sessions that are open', sources.sessions);
    this.#gauge(
      'weir_connections_pending',
      'Connections that are not sessions yet',
      sources.pending,
    );
    this.#total(
      'weir_log_lines_lost_total',
      'Log lines that could not be written',
      sources.lostLines,
    );
    this.#counts(
      'weir_statements_total',
      'Statements, by how they ended',
      'outcome',
      () => this.#ended,
    );
    this.#counts('weir_rows_total', 'Rows (or copy messages)', 'form', () => this.#rows);
    this.#counts('weir_row_bytes_total', 'Bytes of those', 'form', () => this.#rowBytes);
    this.#counts('weir_session_bytes_total', 'Bytes that sessions carried', 'direction', () => {
      const { fromClient, toClient } = sources.openBytes();
      const over = this.#bytes;
      return { from_client: over.from_client + fromClient, to_client: over.to_client + toClient };
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All of them in Prometheus's text format. */
  async text(): Promise<string> {
    const stages = Object.entries(this.#stages).flatMap(([stage, tally]) =>
      tally.series(STAGES, `stage="${stage}"`),
    );
    const head = [`# HELP ${STAGES} ${STAGES_HELP}`, `# TYPE ${STAGES} histogram`];
    return `${await this.#registry.metrics()}\n${[...head, ...stages].join('\n')}\n`;
  }

  observe(event: EngineEvent): void {
    switch (event.type) {
      case 'statement.decided':
        this.#stages.decide.add(event.took / 1000);
        return;
      case 'result.rows':
        this.#rows[event.form] += event.rows;
        this.#rowBytes[event.form] += event.bytes;
        return;
      case 'result.completed':
        this.#ended.completed += 1;
        this.#stages.statement.add(event.took / 1000);
        return;
      case 'result.failed':
        this.#ended[event.failure.cause] += 1;
        this.#stages.statement.add(event.took / 1000);
        return;
      case 'session.opened':
        this.#opened.inc();
        this.#stages.authenticate.add(event.timings.authenticate / 1000);
        this.#stages.dial.add(event.timings.dial / 1000);
        this.#stages.login.add(event.timings.total / 1000);
        return;
      case 'session.refused':
        this.#refused.labels(event.refusal.code).inc();
        return;
      case 'session.closed':
        this.#closed.labels(event.reason).inc();
        this.#bytes.from_client += event.bytesFromClient;
        this.#bytes.to_client += event.bytesToClient;
        return;
      case 'statement.held':
        this.#held.inc();
        return;
      case 'flow.paused':
        this.#pauses.labels(event.side).inc();
        return;
      case 'cancel.requested':
        this.#cancels.labels(String(event.forwarded)).inc();
        return;
      case 'cancel.unmatched':
        this.#unmatchedCancels.inc();
        return;
    }
  }

  reloaded(taken: boolean): void {
    this.#reloads.labels(taken ? 'taken' : 'refused').inc();
  }

  #counter(name: string, help: string, ...labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  /** A counter that somebody else keeps, by the value of its label. */
  #counts(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ): void {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [value, total] of Object.entries(read())) this.labels(value).inc(total);
      },
    });
  }

  /** A counter that somebody else keeps. */
  #total(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }
}

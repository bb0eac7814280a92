import type { BatchForm, EngineEvent } from '@weir/contract';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** From 50 µs to 30 s: a proxy's own work up to a slow query. */
const SECONDS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5, 10, 30,
];

export interface MetricSources {
  readonly sessions: () => number;
  readonly pending: () => number;
}

/**
 * What Prometheus scrapes. Labels are of closed sets only: no person, target, address or text. The
 * counters are bound once, because statements pass here.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #opened = this.#counter('weir_sessions_opened_total', 'Sessions that became ready');
  readonly #closed = this.#counter('weir_sessions_closed_total', 'Sessions that ended', 'reason');
  readonly #refused = this.#counter(
    'weir_sessions_refused_total',
    'Connections that never became a session',
    'code',
  );
  readonly #statements = this.#counter(
    'weir_statements_total',
    'Statements, by how they ended',
    'outcome',
  );
  readonly #held = this.#counter('weir_statements_held_total', 'Statements that had to wait');
  readonly #rows = this.#counter('weir_rows_total', 'Rows (or copy messages)', 'form');
  readonly #rowBytes = this.#counter('weir_row_bytes_total', 'Bytes of those', 'form');
  readonly #bytes = this.#counter(
    'weir_session_bytes_total',
    'Bytes that sessions carried, counted at their end',
    'direction',
  );
  readonly #pauses = this.#counter(
    'weir_flow_pauses_total',
    'Times one side stopped being read because the other is slow',
    'side',
  );
  readonly #cancels = this.#counter('weir_cancels_total', 'Cancel requests', 'forwarded');
  readonly #reloads = this.#counter(
    'weir_config_reloads_total',
    'Times the configuration was read again',
    'result',
  );
  readonly #stages = new Histogram({
    name: 'weir_stage_seconds',
    help: 'How long a stage took: authenticate, dial, login (all of it), decide, statement (all of it)',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #decide = this.#stages.labels('decide');
  readonly #statement = this.#stages.labels('statement');
  readonly #completed = this.#statements.labels('completed');
  readonly #passed = {
    rows: this.#ofForm('rows'),
    'copy-out': this.#ofForm('copy-out'),
    'copy-in': this.#ofForm('copy-in'),
  };

  constructor(sources: MetricSources) {
    collectDefaultMetrics({ register: this.registry, prefix: 'weir_' });
    this.#gauge('weir_sessions', 'Sessions that are open', sources.sessions);
    this.#gauge(
      'weir_connections_pending',
      'Connections that are not sessions yet',
      sources.pending,
    );
  }

  observe(event: EngineEvent): void {
    switch (event.type) {
      case 'session.opened':
        this.#opened.inc();
        this.#stages.labels('authenticate').observe(event.timings.authenticate / 1000);
        this.#stages.labels('dial').observe(event.timings.dial / 1000);
        this.#stages.labels('login').observe(event.timings.total / 1000);
        return;
      case 'session.refused':
        this.#refused.labels(event.refusal.code).inc();
        return;
      case 'session.closed':
        this.#closed.labels(event.reason).inc();
        this.#bytes.labels('from_client').inc(event.bytesFromClient);
        this.#bytes.labels('to_client').inc(event.bytesToClient);
        return;
      case 'statement.decided':
        this.#decide.observe(event.took / 1000);
        return;
      case 'statement.held':
        this.#held.inc();
        return;
      case 'result.rows':
        this.#passed[event.form].rows.inc(event.rows);
        this.#passed[event.form].bytes.inc(event.bytes);
        return;
      case 'result.completed':
        this.#completed.inc();
        this.#statement.observe(event.took / 1000);
        return;
      case 'result.failed':
        this.#statements.labels(event.failure.cause).inc();
        this.#statement.observe(event.took / 1000);
        return;
      case 'flow.paused':
        this.#pauses.labels(event.side).inc();
        return;
      case 'cancel.requested':
        this.#cancels.labels(String(event.forwarded)).inc();
        return;
    }
  }

  reloaded(taken: boolean): void {
    this.#reloads.labels(taken ? 'taken' : 'refused').inc();
  }

  #ofForm(form: BatchForm) {
    return { rows: this.#rows.labels(form), bytes: this.#rowBytes.labels(form) };
  }

  #counter(name: string, help: string, ...labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}

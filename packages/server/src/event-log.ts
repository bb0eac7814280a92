import type { ClientFacts, EngineEvent, Principal, SessionFacts } from '@weir/contract';
import type { Logger } from 'winston';

/** Two names and a slash. A client that is nobody yet says this, and must not fill the log with it. */
const REQUESTED_CHARACTERS = 127;

/** Puts what happens to sessions into the operational log. Statements are for metrics and audit. */
export function logEvent(log: Logger, event: EngineEvent): void {
  switch (event.type) {
    case 'session.opened':
      log.info('session opened', {
        ...describe(event.session),
        rule: event.session.rule,
        ms: round(event.timings.total),
      });
      return;
    case 'session.closed':
      log.info('session closed', {
        ...describe(event.session),
        reason: event.reason,
        statements: event.statements,
        ms: round(event.took),
      });
      return;
    case 'session.refused':
      log.warn('session refused', {
        session: event.id,
        code: event.refusal.code,
        failure: event.failure,
        cause: event.cause,
        // Of the refusals that have many reasons, the one whose text is always of our own words.
        reason: event.refusal.code === 'upstream-refused' ? event.refusal.message : undefined,
        requested: event.requested?.slice(0, REQUESTED_CHARACTERS),
        client: addressOf(event.client),
        ...(event.principal === undefined ? {} : describePrincipal(event.principal)),
      });
      return;
    case 'statement.decided':
      if (!event.verdict.allow) {
        log.info('statement denied', {
          session: event.session.id,
          ref: event.ref,
          code: event.verdict.code,
          rule: event.verdict.rule,
        });
      }
      return;
    case 'cancel.requested':
      log.debug('cancel requested', { session: event.session.id, forwarded: event.forwarded });
      return;
    case 'cancel.unmatched':
      // Anybody can ask for these at any rate: they are counted in the metrics.
      log.debug('cancel with an unknown key', { client: addressOf(event.client) });
      return;
  }
}

function describe(session: SessionFacts): Record<string, string> {
  const { principal, target, client } = session;
  return {
    session: session.id,
    ...describePrincipal(principal),
    target: target.name,
    client: addressOf(client),
  };
}

/** A name is for reading only: who it is say issuer and subject. */
function describePrincipal({ name, kind, issuer, subject }: Principal): Record<string, string> {
  return { principal: name, kind, issuer, subject };
}

const addressOf = ({ address, port }: ClientFacts): string => `${address}:${port}`;

const round = (milliseconds: number): number => Math.round(milliseconds * 100) / 100;

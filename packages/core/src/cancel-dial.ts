import type { ProtocolConnection, Upstream } from '@weir/contract';
import { Dial } from './dial.ts';
import type { EngineLimits } from './limits.ts';

/**
 * Makes what cancels a session's running work: a short connection of its own to the same database. It
 * calls back when the database has closed that connection, or when the cancel came to nothing. It holds
 * on to the session's machines alone, so that what the login needed can go.
 */
export function cancelDialer(
  machines: ProtocolConnection,
  upstream: Upstream,
  limits: EngineLimits,
): (done: () => void) => void {
  return (done) => {
    try {
      new Dial(
        {
          upstream,
          makeMachine: (actions) => machines.makeCancel(actions),
          timeout: limits.dialTimeout,
          closeTimeout: limits.closeTimeout,
        },
        {
          failed: done,
          ready: ({ peer }) => {
            peer.listen({ bytes: () => {}, ended: () => {}, closed: done, drained: () => {} });
            peer.end();
          },
        },
      );
    } catch {
      // A plugin that cannot make the machine cancels nothing; its session goes on.
      done();
    }
  };
}

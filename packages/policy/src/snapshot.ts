import type { PolicySnapshot, Principal, SessionGrant, Target } from '@weir/contract';
import { matchesTarget, matchesWho } from './access-rule.ts';
import type { WeirConfig } from './config.ts';

const DENIED: SessionGrant = Object.freeze({ granted: false });

/** The policy of one configuration: its targets, its rules in their order, and its digest. */
export function makeSnapshot(
  config: Pick<WeirConfig, 'issuers' | 'targets' | 'access'>,
  digest: string,
): PolicySnapshot {
  const issuerNames = new Map(config.issuers.map(({ url, name }) => [url, name]));
  const authorise = (principal: Principal, target: Target): SessionGrant => {
    const issuer = issuerNames.get(principal.issuer);
    const current = config.targets.get(target.name);
    // An issuer that was removed vouches for nobody; a target that moved is not the one granted here.
    if (issuer === undefined || current === undefined || !isSamePlace(current, target))
      return DENIED;
    const rule = config.access.find(
      (candidate) =>
        matchesTarget(candidate, current.name, current.environment) &&
        matchesWho(candidate, principal, issuer),
    );
    return rule === undefined ? DENIED : Object.freeze({ granted: true, rule: rule.name });
  };
  return Object.freeze({ digest, targets: config.targets, authorise });
}

function isSamePlace(current: Target, other: Target): boolean {
  const [here, there] = [current.upstream, other.upstream];
  return (
    current.protocol === other.protocol &&
    current.environment === other.environment &&
    here.host === there.host &&
    here.port === there.port &&
    here.database === there.database
  );
}

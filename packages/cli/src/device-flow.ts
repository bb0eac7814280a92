import {
  type Configuration,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
} from 'openid-client';
import { CommandFailure, EXIT } from './command-failure.ts';
import { asking } from './issuer-client.ts';
import type { IssuedTokens } from './password-token.ts';

/** What the person needs to know to sign in on another screen. */
export interface DevicePrompt {
  /** The page to open; it may carry the code. */
  readonly url: string;
  /** The code to type there, or to compare. */
  readonly code: string;
  /** Seconds that the code is good for. */
  readonly expiresIn: number;
}

/** What to ask for; an issuer that says which scopes it knows is asked for those only. */
const WANTED_SCOPES = ['openid', 'profile', 'email', 'groups', 'offline_access'];

/**
 * Signs a person in by the device grant (RFC 8628): shows a page and a code, then asks for the
 * tokens at the pace that the issuer sets until it says yes or no, or the code has expired.
 */
export async function signInOnDevice(
  client: Configuration,
  show: (prompt: DevicePrompt) => void,
): Promise<IssuedTokens> {
  const {
    issuer,
    device_authorization_endpoint: endpoint,
    scopes_supported,
  } = client.serverMetadata();
  if (endpoint === undefined) {
    throw new CommandFailure(EXIT.issuer, `${issuer} offers no sign-in for devices (RFC 8628)`);
  }
  const scope = WANTED_SCOPES.filter((name) => scopes_supported?.includes(name) ?? true).join(' ');
  const device = await asking(issuer, () => initiateDeviceAuthorization(client, { scope }));
  show({
    url: device.verification_uri_complete ?? device.verification_uri,
    code: device.user_code,
    expiresIn: device.expires_in,
  });
  const expired = AbortSignal.timeout(device.expires_in * 1000);
  try {
    return await asking(issuer, () =>
      pollDeviceAuthorizationGrant(client, device, undefined, { signal: expired }),
    );
  } catch (error) {
    if (expired.aborted) {
      throw new CommandFailure(EXIT.signInRefused, 'The code has expired', 'Run: weir login');
    }
    throw error;
  }
}

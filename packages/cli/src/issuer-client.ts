import {
  allowInsecureRequests,
  ClientError,
  type Configuration,
  discovery,
  None,
  ResponseBodyError,
} from 'openid-client';
import { CommandFailure, EXIT } from './command-failure.ts';
import { systemCode } from './system-error.ts';
import { printable } from './terminal.ts';

/** How this machine presents itself to an issuer. */
interface IssuerClientSettings {
  readonly issuer: string;
  readonly clientId: string;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Reads an issuer's metadata. Plain http is taken on this machine's loopback alone. */
export async function connectIssuer(settings: IssuerClientSettings): Promise<Configuration> {
  const url = URL.parse(settings.issuer);
  const local = url?.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if (url === null || !(url.protocol === 'https:' || local)) {
    throw new CommandFailure(EXIT.failed, 'The issuer must be an https URL');
  }
  const execute = local ? [allowInsecureRequests] : [];
  return asking(settings.issuer, () =>
    discovery(url, settings.clientId, undefined, None(), { execute }),
  );
}

/** Asks the issuer, and puts what goes wrong into words that hold nothing secret. */
export async function asking<T>(issuer: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    throw issuerFailure(issuer, error);
  }
}

function issuerFailure(issuer: string, error: unknown): CommandFailure {
  if (error instanceof ResponseBodyError) {
    return answerFailure(issuer, error);
  }
  if (error instanceof ClientError && error.code === 'OAUTH_TIMEOUT') {
    return new CommandFailure(EXIT.issuer, `${issuer} did not answer in time`);
  }
  const hint = 'Check the address, the network and the certificate.';
  const message = `${issuer} cannot be used as an issuer${reasonOf(error)}`;
  return new CommandFailure(EXIT.issuer, message, hint);
}

/** The client's own sentence, or the system's code for a connection that failed. */
function reasonOf(error: unknown): string {
  if (error instanceof ClientError) {
    return `: ${error.message}`;
  }
  const code = error instanceof Error ? systemCode(error.cause) : undefined;
  return code === undefined ? '' : `: ${code}`;
}

/** The errors of RFC 6749 §5.2 and RFC 8628 §3.5. */
function answerFailure(issuer: string, error: ResponseBodyError): CommandFailure {
  const again = 'Run: weir login';
  switch (error.error) {
    case 'access_denied':
      return new CommandFailure(EXIT.signInRefused, 'The sign-in was refused');
    case 'expired_token':
      return new CommandFailure(EXIT.signInRefused, 'The code has expired', again);
    case 'invalid_grant':
      return new CommandFailure(EXIT.notSignedIn, 'Your sign-in has ended', again);
    case 'invalid_client':
    case 'unauthorized_client': {
      const hint = 'Choose the client with --client-id.';
      return new CommandFailure(EXIT.issuer, `${issuer} does not take this client`, hint);
    }
    default:
      return new CommandFailure(EXIT.issuer, `${issuer} answered: ${printable(error.error)}`);
  }
}

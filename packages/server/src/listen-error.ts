/** Where a listener was to be, and under which key of `weir.yaml` it stands. */
export interface ListenPlace {
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

/** What the system says when it does not let a process listen, and what helps. */
const SYSTEM_SAYS: Readonly<Record<string, readonly [string, string]>> = {
  EADDRINUSE: [
    'the address is in use',
    'End what listens there (perhaps another Weir), or choose another port',
  ],
  EACCES: [
    'the system does not permit it',
    'Choose a port from 1024 on, or give the process the right to lower ones',
  ],
  EADDRNOTAVAIL: [
    'this machine does not have the address',
    "Choose one of this machine's addresses, or 0.0.0.0 for all of them",
  ],
  ENOTFOUND: ['the name has no address', 'Choose an IP address'],
  EAI_AGAIN: ['the name cannot be looked up now', 'Choose an IP address'],
};

/** A listener could not be opened. The message says which, where, why, and what to do. */
export class ListenError extends Error {
  /** The system's code, such as `EADDRINUSE`. */
  readonly code: string;

  constructor({ key, host, port }: ListenPlace, cause: unknown) {
    const code = codeOf(cause);
    const [why, remedy] = SYSTEM_SAYS[code] ?? ['the system refuses', 'Choose another address'];
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    super(`${key}: cannot listen on ${address}: ${why} (${code})\n${remedy}.`, { cause });
    this.name = 'ListenError';
    this.code = code;
  }
}

function codeOf(error: unknown): string {
  const coded = typeof error === 'object' && error !== null && 'code' in error;
  return coded ? String(error.code) : 'unknown';
}

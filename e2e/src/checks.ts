/**
 * What every driver is asked to do, and what each check means. A driver's program prints one line of
 * JSON for a check; each is a named test. A driver that has no such feature says so in its `cannot`.
 */
export const CHECKS = {
  'tls-login': 'logs in over TLS',
  'direct-tls': 'logs in when TLS comes first, without asking',
  'protocol-3.2': 'speaks protocol 3.2 and cancels with its longer keys',
  'simple-query': 'runs a simple query',
  'several-statements': 'runs several statements in one string',
  'prepared-unnamed': 'runs an unnamed prepared statement with parameters',
  'prepared-named': 'runs a named prepared statement many times',
  'prepared-again': 'prepares the same name again after it was dropped',
  'prepared-error': 'goes on after a statement that cannot be prepared',
  pipeline: 'sends many queries ahead of their answers',
  'pipeline-texts': 'sends many different texts beyond ASCII in one batch',
  'pipeline-error': 'gets the right answers around an error in the middle of a pipeline',
  cursor: 'reads a result piece by piece under a row limit',
  'cursor-closed-early': 'leaves a result before its end',
  'cursor-error': 'goes on after an error in the middle of a result',
  'copy-in': 'copies rows in',
  'copy-out': 'copies rows out',
  'copy-in-error': 'goes on after the server refused a row in the middle of a copy',
  'copy-in-aborted': 'goes on after it gave up a copy in the middle',
  'copy-out-error': 'goes on after the server failed in the middle of a copy',
  'copy-binary': 'copies rows out and in again in the binary format',
  cancel: 'cancels a running query',
  'cancel-copy': 'cancels in the middle of copying out',
  'binary-values': 'sends and receives values of many types unchanged',
  notify: 'is told of notifications from another session',
  'notify-error': 'is told only of what was committed when some of it failed',
  'large-object': 'writes and reads a large object',
  'large-object-error': 'goes on after an error in the middle of writing a large object',
  dump: 'dumps a schema and restores it to the same',
  'load-simple': 'runs 50 sessions at once with the simple protocol',
  'load-extended': 'runs 50 sessions at once with the extended protocol',
  'load-prepared': 'runs 50 sessions at once with prepared statements',
  'big-statement': 'sends a statement of 10 MB',
  'many-parameters': 'sends as many parameters as the protocol can count',
  savepoint: 'goes back to a savepoint after an error',
  'savepoint-simple': 'goes back to a savepoint after an error among several statements',
  'savepoint-prepared': 'goes back to a savepoint after an error of a prepared statement',
  'savepoint-binary': 'goes back to a savepoint after the server refused a binary value',
  'savepoint-pipeline': 'goes back to a savepoint after an error in the middle of a pipeline',
  'savepoint-cursor': 'goes back to a savepoint after an error in the middle of a result',
  'savepoint-copy-in': 'goes back to a savepoint after an error in the middle of copying in',
  'savepoint-copy-out': 'goes back to a savepoint after an error in the middle of copying out',
  'savepoint-cancel': 'goes back to a savepoint after a cancel in the middle of a result',
  'savepoint-big-statement': 'goes back to a savepoint after an error in a statement of 10 MB',
  'savepoint-big-result': 'goes back to a savepoint after an error behind 50 MB of a result',
  'savepoint-big-value': 'goes back to a savepoint after an error behind a value of 200 MB',
  notices: 'receives notices in order, before the result they belong to',
  'transaction-status': 'knows after each step whether a transaction is open or failed',
  'big-result': 'reads a result of 100 MB',
  'big-value': 'reads a single value of 200 MB',
  'big-parameter': 'sends a single value of 200 MB',
} as const;

/** The name of a check, as the drivers' programs print it. */
export type CheckName = keyof typeof CHECKS;

/** Whether a string names a check. */
export function isCheckName(name: string): name is CheckName {
  return Object.hasOwn(CHECKS, name);
}

/** What is moved by the hundred megabytes: each driver does it on one version. */
const LARGE_CHECKS = [
  'big-result',
  'savepoint-big-result',
  'big-value',
  'savepoint-big-value',
  'big-parameter',
] as const;

/** What only some clients can be asked for, or only Weir does. */
const SPECIAL_CHECKS = [
  'direct-tls',
  'protocol-3.2',
  'pipeline-texts',
  'dump',
  'load-simple',
  'load-extended',
  'load-prepared',
] as const;

const elsewhere: ReadonlySet<string> = new Set([...LARGE_CHECKS, ...SPECIAL_CHECKS]);

/** What every driver is asked for on every version, unless it says that it cannot. */
export const DRIVER_CHECKS: readonly CheckName[] = Object.keys(CHECKS)
  .filter(isCheckName)
  .filter((name) => !elsewhere.has(name));

/**
 * The functions that clients call by number, over the function call sub-protocol, to work with large
 * objects: libpq's `lo_*`, psql's `\lo_import`, pgjdbc's LargeObjectManager. Their numbers are part of
 * the server's bootstrap catalog and the same in every version (src/include/catalog/pg_proc.dat).
 * Those that read or write files on the server (`lo_import`, `lo_export`) are not among them.
 */
const FUNCTIONS: ReadonlyMap<number, { readonly name: string; readonly arguments: number }> =
  new Map([
    [715, { name: 'lo_create', arguments: 1 }],
    [952, { name: 'lo_open', arguments: 2 }],
    [953, { name: 'lo_close', arguments: 1 }],
    [954, { name: 'loread', arguments: 2 }],
    [955, { name: 'lowrite', arguments: 2 }],
    [956, { name: 'lo_lseek', arguments: 3 }],
    [957, { name: 'lo_creat', arguments: 1 }],
    [958, { name: 'lo_tell', arguments: 1 }],
    [964, { name: 'lo_unlink', arguments: 1 }],
    [1004, { name: 'lo_truncate', arguments: 2 }],
    [3170, { name: 'lo_lseek64', arguments: 3 }],
    [3171, { name: 'lo_tell64', arguments: 1 }],
    [3172, { name: 'lo_truncate64', arguments: 2 }],
  ]);

/** What a call of this function amounts to in SQL; undefined for any other function. */
export function largeObjectCall(oid: number): string | undefined {
  const called = FUNCTIONS.get(oid);
  if (called === undefined) return undefined;
  const places = Array.from({ length: called.arguments }, (_, index) => `$${index + 1}`);
  return `SELECT pg_catalog.${called.name}(${places.join(', ')})`;
}

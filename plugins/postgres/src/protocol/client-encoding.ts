import type { Buffer } from 'node:buffer';

/**
 * Reads statement text in the encoding that the client declared (`client_encoding`), so that what is
 * decided and recorded is what the database will read. It converts nothing that is forwarded.
 * https://www.postgresql.org/docs/18/multibyte.html
 */

/**
 * The platform's names for the encodings that it decodes as PostgreSQL does. UHC is not among them:
 * the platform takes the second half of some of its characters for ASCII.
 */
const LABELS: ReadonlyMap<string, string> = new Map([
  ['BIG5', 'big5'],
  ['EUC_CN', 'gb2312'],
  ['EUC_JP', 'euc-jp'],
  ['EUC_KR', 'euc-kr'],
  ['GB18030', 'gb18030'],
  ['GBK', 'gbk'],
  ['ISO_8859_5', 'iso-8859-5'],
  ['ISO_8859_6', 'iso-8859-6'],
  ['ISO_8859_7', 'iso-8859-7'],
  ['ISO_8859_8', 'iso-8859-8'],
  ['KOI8R', 'koi8-r'],
  ['KOI8U', 'koi8-u'],
  ['LATIN2', 'iso-8859-2'],
  ['LATIN3', 'iso-8859-3'],
  ['LATIN4', 'iso-8859-4'],
  ['LATIN5', 'iso-8859-9'],
  ['LATIN6', 'iso-8859-10'],
  ['LATIN7', 'iso-8859-13'],
  ['LATIN8', 'iso-8859-14'],
  ['LATIN9', 'iso-8859-15'],
  ['LATIN10', 'iso-8859-16'],
  ['SJIS', 'shift_jis'],
  ['WIN866', 'ibm866'],
  ['WIN874', 'windows-874'],
  ['WIN1250', 'windows-1250'],
  ['WIN1251', 'windows-1251'],
  ['WIN1252', 'windows-1252'],
  ['WIN1253', 'windows-1253'],
  ['WIN1254', 'windows-1254'],
  ['WIN1255', 'windows-1255'],
  ['WIN1256', 'windows-1256'],
  ['WIN1257', 'windows-1257'],
  ['WIN1258', 'windows-1258'],
]);

/** Encodings whose later bytes may look like ASCII, so that bytes cannot be scanned for quotes. */
const ASCII_UNSAFE: ReadonlySet<string> = new Set([
  'BIG5',
  'GB18030',
  'GBK',
  'JOHAB',
  'SHIFT_JIS_2004',
  'SJIS',
  'UHC',
]);

/** Encodings that Node's own Buffer reads. SQL_ASCII is no encoding: the bytes are the database's. */
const BUFFER_ENCODINGS: ReadonlyMap<string, 'utf8' | 'latin1'> = new Map([
  ['UTF8', 'utf8'],
  ['SQL_ASCII', 'utf8'],
  ['LATIN1', 'latin1'],
]);

/** Text decoder for one session; `declare` follows what the database reports. */
export class ClientEncoding {
  #bufferEncoding: 'utf8' | 'latin1' | undefined = 'utf8';
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #asciiSafe = true;

  declare(reported: string): void {
    const name = reported.toUpperCase();
    const label = LABELS.get(name);
    this.#bufferEncoding = BUFFER_ENCODINGS.get(name);
    this.#decoder = label === undefined ? undefined : makeDecoder(label);
    this.#asciiSafe = !ASCII_UNSAFE.has(name);
  }

  /** Whether every byte below 0x80 is the ASCII character that it looks like. */
  isAsciiSafe(bytes: Buffer, start: number, end: number): boolean {
    return this.#asciiSafe || isAscii(bytes, start, end);
  }

  /** The text; undefined when it cannot be read for sure as the database will read it. */
  read(bytes: Buffer, start: number, end: number): string | undefined {
    if (this.#bufferEncoding !== undefined) return bytes.toString(this.#bufferEncoding, start, end);
    if (isAscii(bytes, start, end)) return bytes.toString('latin1', start, end);
    try {
      return this.#decoder?.decode(bytes.subarray(start, end));
    } catch {
      // The platform's decoder says so when the bytes are not valid.
      return undefined;
    }
  }
}

/** Which encodings there are depends on how the platform was built. */
function makeDecoder(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    return undefined;
  }
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] as number) >= 0x80) return false;
  return true;
}

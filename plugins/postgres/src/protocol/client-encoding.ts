import type { Buffer } from 'node:buffer';

/**
 * Reads statement text in the encoding that the client declared (`client_encoding`), so that what is
 * decided and recorded is what the database will read. It converts nothing that is forwarded.
 */

/** PostgreSQL's names for the encodings that the platform can decode, beside UTF-8. */
const LABELS: Readonly<Record<string, string>> = {
  BIG5: 'big5',
  EUC_CN: 'gb2312',
  EUC_JP: 'euc-jp',
  EUC_KR: 'euc-kr',
  GB18030: 'gb18030',
  GBK: 'gbk',
  ISO_8859_5: 'iso-8859-5',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  LATIN2: 'iso-8859-2',
  LATIN9: 'iso-8859-15',
  SJIS: 'shift_jis',
  WIN1250: 'windows-1250',
  WIN1251: 'windows-1251',
  WIN1252: 'windows-1252',
};

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

/** Text decoder for one session; `declare` follows what the database reports. */
export class ClientEncoding {
  #name = 'UTF8';
  #decoder: InstanceType<typeof TextDecoder> | undefined;

  declare(name: string): void {
    this.#name = name.toUpperCase();
    const label = LABELS[this.#name];
    this.#decoder = label === undefined ? undefined : new TextDecoder(label);
  }

  /** Whether a byte below 0x80 always is the ASCII character that it looks like. */
  isAsciiSafe(bytes: Buffer, start: number, end: number): boolean {
    if (!ASCII_UNSAFE.has(this.#name)) return true;
    for (let at = start; at < end; at += 1) if ((bytes[at] as number) >= 0x80) return false;
    return true;
  }

  decode(bytes: Buffer, start: number, end: number): string {
    if (this.#name === 'UTF8' || this.#name === 'SQL_ASCII')
      return bytes.toString('utf8', start, end);
    if (this.#decoder !== undefined) return this.#decoder.decode(bytes.subarray(start, end));
    return bytes.toString('latin1', start, end);
  }
}

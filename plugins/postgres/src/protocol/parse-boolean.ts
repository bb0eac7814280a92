/** The server's parse_bool: any unambiguous beginning of a word counts; undefined is no boolean. */
export function parseBoolean(value: string): boolean | undefined {
  const text = value.toLowerCase();
  if (text === '') return undefined;
  if (text === '1' || text === 'on' || 'true'.startsWith(text) || 'yes'.startsWith(text)) {
    return true;
  }
  if (text === '0' || 'false'.startsWith(text) || 'no'.startsWith(text)) return false;
  return text === 'of' || text === 'off' ? false : undefined;
}

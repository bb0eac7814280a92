import { jest } from '@jest/globals';

/**
 * Takes what is logged away from standard error, into the returned lines, until the mocks are restored.
 */
export function captureLog(): readonly string[] {
  const lines: string[] = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  return lines;
}

import { jest } from '@jest/globals';

interface Sink {
  write(text: string): boolean;
}

const isSink = (value: unknown): value is Sink =>
  typeof value === 'object' && value !== null && 'write' in value;

/**
 * Takes what is logged away from the console, into the returned lines, until the mocks are restored.
 * The log writes where the console's own errors go.
 */
export function captureLog(): readonly string[] {
  const sink: unknown = Reflect.get(console, '_stderr');
  if (!isSink(sink)) throw new Error('the console has no stream of errors');
  const lines: string[] = [];
  jest.spyOn(sink, 'write').mockImplementation((line) => {
    lines.push(line);
    return true;
  });
  return lines;
}

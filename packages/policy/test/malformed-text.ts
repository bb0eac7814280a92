import { weirYaml } from './fixture.ts';
import { file, type Malformed } from './malformed.ts';

/** The text itself, before it is read as YAML. */
export const TEXT: readonly Malformed[] = [
  file('an empty file', '^', 'the file is empty'),
  file('a file of blanks', '^ \n\t\n', 'the file is empty'),
  file('a file of comments', '^# nothing\n', 'the file has no value', { expected: 'a map' }),
  file('a file that is too large', `^#${'x'.repeat(1_048_576)}`, 'the file is too large'),
  file('a NUL', 'version: ^\u0000 1', 'the character U+0000 is not allowed'),
  file('an escape character', '# ^\u001b[31m red', 'the character U+001B is not allowed'),
  file('a C1 control character', 'version: 1 # ^\u009b', 'the character U+009B is not allowed'),
  file('half a surrogate pair', 'version: ^\ud800', 'the character U+D800 is not allowed'),
  file('a list at the top', '^- version: 1', 'wrong type: a list', { expected: 'a map' }),
  file('a scalar at the top', '^weir', 'wrong type: a string', { expected: 'a map' }),
];

/** The YAML, before any setting is looked at. */
export const YAML: readonly Malformed[] = [
  file(
    'an open bracket',
    'version: 1\nlisten: { postgres: x^',
    'an open bracket before this place',
  ),
  file('an open quote', 'version: "1^', 'something is missing here'),
  file('a tab as indentation', 'listen:\n^\tpostgres: 127.0.0.1:1', 'a tab cannot indent'),
  file(
    'a map inside a value',
    'version: 1\nlisten: ^a: b',
    'a map begins in the middle of a value',
  ),
  file('a key over two lines', 'version: 1\n^listen\ntls: off', 'a key must stand on one line'),
  file('wrong indentation', 'log:\n    level: info\n^  format: text', 'wrong indentation'),
  file('an unknown escape', 'version: "^\\q"', 'unknown escape sequence'),
  file('a duplicate key', `${weirYaml()}\n^tls: off`, 'duplicate key'),
  file('a duplicate target', weirYaml({ targets: 'targets:\n  a: {}\n  ^a: {}' }), 'duplicate key'),
  file('two documents', 'version: 1\n^---\nversion: 1', 'more than one document'),
  file('a directive', '^%YAML 1.1\n---\nversion: 1', 'YAML directives are not supported'),
  file('a tag', 'version: !!int ^"1"', 'tags are not supported'),
  file('a tag of somebody’s own', 'version: ^!secret x', 'tags are not supported'),
  file('an alias of nothing', 'version: ^*other', 'unknown alias'),
  file('an alias of itself', 'log: &a { level: ^*a }', 'nested too deeply'),
  file('too many aliases', `^log: &a x\naccess: [${'*a, '.repeat(100)}*a]`, 'too many aliases'),
  file('an alias bomb', aliasBomb(), 'the file has too many aliases'),
  file(
    'large copies',
    `^log: &a [${'x,'.repeat(9999)}]\naccess: [${'*a,'.repeat(10)}]`,
    'too many settings',
  ),
  file('a merge key', 'log: { ^<<: { level: info } }', 'merge keys are not supported'),
  file(
    'brackets nested deeply',
    `a: ${'['.repeat(62)}^${'['.repeat(100_000)}`,
    'nested too deeply',
  ),
  file('lists nested too deeply', `log: ${'['.repeat(16)}^1${']'.repeat(16)}`, 'nested too deeply'),
  file('a file of too many parts', `^[${'1,'.repeat(200_000)}1]`, 'the file has too many parts'),
  file('a prototype key', `${weirYaml()}\n^__proto__: { a: 1 }`, 'unknown key'),
  file('an invisible key', `${weirYaml()}\n^"lo\\u200bg": {}`, 'the key holds a control character'),
  file('an escaped NUL', 'log: { level: ^"in\\0fo" }', 'the value holds a control character'),
  file('a value over two lines', 'log:\n  level: ^|\n    info\n', 'the value holds a control'),
];

/** Ten levels of ten: a hundred aliases that would be ten thousand million settings. */
function aliasBomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const inner = `[${Array(10).fill(`*l${level}`).join(', ')}]`;
    return `l${level + 1}: &l${level + 1} ${inner}`;
  });
  return `^l0: &l0 x\n${levels.join('\n')}`;
}

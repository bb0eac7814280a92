/**
 * Tells the commands of a replication session from SQL, by the rules of the server's own scanner
 * (src/backend/replication/repl_scanner.l): the first word decides, in capitals, with only white space
 * before it. Such a string is one command as a whole, whatever quotes and semicolons it has; and no
 * SQL begins with these words, so a server that does not know one of them runs nothing of the string.
 * SHOW is not among them: it is SQL, too, and answers as SQL does.
 * https://www.postgresql.org/docs/18/protocol-replication.html
 */

/** How many results a command may have. */
type CommandResults = 'one' | 'many';

const FIRST_WORD = /^[ \t\n\r\f\v]*([A-Z_]+)(?![\w$\x80-\uffff])/;

const COMMANDS: ReadonlyMap<string, CommandResults> = new Map([
  ['ALTER_REPLICATION_SLOT', 'one'],
  // Where it begins, its tablespaces, one or more copies, and where it ends.
  ['BASE_BACKUP', 'many'],
  ['CREATE_REPLICATION_SLOT', 'one'],
  ['DROP_REPLICATION_SLOT', 'one'],
  ['IDENTIFY_SYSTEM', 'one'],
  ['READ_REPLICATION_SLOT', 'one'],
  // What ended the stream, the next timeline if there is one, and the command itself.
  ['START_REPLICATION', 'many'],
  ['TIMELINE_HISTORY', 'one'],
  ['UPLOAD_MANIFEST', 'one'],
]);

/** How a replication command answers; undefined when the text is none. */
export function replicationResults(text: string): CommandResults | undefined {
  const word = FIRST_WORD.exec(text)?.[1];
  return word === undefined ? undefined : COMMANDS.get(word);
}

import { describe, expect, it } from '@jest/globals';
import { replicationResults } from '../src/protocol/replication-commands.ts';

describe('a replication command', () => {
  it.each([
    'IDENTIFY_SYSTEM',
    'IDENTIFY_SYSTEM;',
    ' \t\r\n\f\vIDENTIFY_SYSTEM',
    'READ_REPLICATION_SLOT s',
    'CREATE_REPLICATION_SLOT "a;b" LOGICAL pgoutput',
    'ALTER_REPLICATION_SLOT s (FAILOVER)',
    'DROP_REPLICATION_SLOT s WAIT',
    'TIMELINE_HISTORY 2',
    'UPLOAD_MANIFEST',
  ])('%j has one result', (text) => {
    expect(replicationResults(text)).toBe('one');
  });

  it.each([
    'BASE_BACKUP',
    "BASE_BACKUP (LABEL 'a;b')",
    'BASE_BACKUP(PROGRESS)',
    'START_REPLICATION 0/1500000',
    `START_REPLICATION SLOT "s" LOGICAL 0/0 (proto_version '1', publication_names '"a;b"')`,
    'BASE_BACKUP; SELECT 1',
  ])('%j may have many results', (text) => {
    expect(replicationResults(text)).toBe('many');
  });
});

describe('no replication command', () => {
  it.each([
    ['SQL', 'SELECT 1'],
    ['SHOW, which is SQL, too', 'SHOW wal_level'],
    ['nothing', ''],
    ['a command in small letters', 'base_backup'],
    ['a command in mixed letters', 'Base_Backup'],
    ['a command behind a comment', '/* */ BASE_BACKUP'],
    ['a command behind a line comment', '-- \nBASE_BACKUP'],
    ['a command behind a semicolon', '; BASE_BACKUP'],
    ['a command behind a statement', 'SELECT 1; BASE_BACKUP'],
    ['a command in quotes', '"BASE_BACKUP"'],
    ['a longer word', 'BASE_BACKUPS'],
    ['a word that goes on in small letters', 'BASE_BACKUPs'],
    ['a word that goes on with a digit', 'BASE_BACKUP1'],
    ['a word that goes on with a dollar', 'BASE_BACKUP$'],
    ['a word that goes on beyond ASCII', 'BASE_BACKUPÄ'],
    ['a word that is no command', 'START_STREAMING'],
    ['a command behind a space that the server does not take for one', '\u00a0BASE_BACKUP'],
  ])('is %s', (_what, text) => {
    expect(replicationResults(text)).toBeUndefined();
  });
});

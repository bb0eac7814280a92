/**
 * How a statement reached us: as text to run at once, as one run of something prepared over the
 * protocol, by a name that was made in SQL and whose text the protocol never showed, or as a call
 * without SQL, for which the text is what it amounts to.
 */
export type StatementSource = 'text' | 'prepared' | 'name' | 'call';

/** One run of one SQL statement (an execution), the unit of decision and of audit. */
export interface Statement {
  /** Counts from 1 within the session; `session` and `seq` together name the statement. */
  readonly seq: number;
  readonly text: string;
  readonly source: StatementSource;
}

/** What a plugin knows of a statement when it asks for a decision. */
export type StatementDraft = Omit<Statement, 'seq'>;

/** How a statement's result ended well. */
export interface Completion {
  /** The database's own words: a command tag, an OK packet's summary. */
  readonly tag: string;
  /** Rows that the statement returned to the client. */
  readonly rows: number;
  /** Bytes of those rows, or of the copied data, in either direction. */
  readonly bytes: number;
  /** True when a row limit stopped the result and the client may ask for more. */
  readonly suspended: boolean;
}

/**
 * Why a statement has no result: the database refused it, Weir denied it, an earlier failure made
 * the database skip it, or the connection ended first.
 */
export type FailureCause = 'database' | 'denied' | 'skipped' | 'connection';

/** How a statement ended without a result. `code` is the protocol's own error code. */
export interface Failure {
  readonly cause: FailureCause;
  readonly code: string;
  readonly rows: number;
  readonly bytes: number;
}

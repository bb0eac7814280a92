/** What a client is told to connect with, in libpq's words. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile: string;
}

/** The environment of a driver's program; libpq reads the same names by itself. */
export function connectionEnvironment(connection: Connection): Readonly<Record<string, string>> {
  return {
    PGHOST: connection.host,
    PGPORT: String(connection.port),
    PGUSER: connection.user,
    PGPASSWORD: connection.password,
    PGDATABASE: connection.database,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: connection.caFile,
  };
}

/** The connection that a driver's program was given in its environment. */
export function connectionFromEnvironment(): Connection {
  return {
    host: required('PGHOST'),
    port: Number(required('PGPORT')),
    user: required('PGUSER'),
    password: required('PGPASSWORD'),
    database: required('PGDATABASE'),
    caFile: required('PGSSLROOTCERT'),
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

/** Where and as whom the test programs connect. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly sslmode: 'disable' | 'require';
}

/** What libpq reads; nothing else of this process's environment reaches the test programs. */
export function clientEnvironment(endpoint: Endpoint): Record<string, string> {
  return {
    PATH: '/usr/bin:/bin',
    PGHOST: endpoint.host,
    PGPORT: String(endpoint.port),
    PGUSER: endpoint.user,
    PGPASSWORD: endpoint.password,
    PGSSLMODE: endpoint.sslmode,
  };
}

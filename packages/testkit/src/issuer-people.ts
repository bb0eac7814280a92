/** Somebody whom the embedded issuer knows. */
export interface Person {
  /** The issuer's own, unchanging name for the person (`sub`). */
  readonly subject: string;
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/** A program that signs in by itself, with the client credentials grant (RFC 6749 §4.4). */
export interface AgentClient {
  /** Also the subject of its tokens. */
  readonly clientId: string;
  readonly clientSecret: string;
  readonly groups: readonly string[];
}

/** The people of the sample scene: an engineer, an on-call lead and an auditor. */
export const SAMPLE_PEOPLE: readonly Person[] = [
  { subject: 'ana', name: 'Ana Sousa', email: 'ana@acme.com', groups: ['engineering'] },
  { subject: 'omar', name: 'Omar Haddad', email: 'omar@acme.com', groups: ['on-call'] },
  { subject: 'vera', name: 'Vera Lindqvist', email: 'vera@acme.com', groups: ['auditors'] },
];

/** What the issuer says of a person, beyond the registered claims. */
export function personClaims(person: Person): Record<string, unknown> {
  return {
    name: person.name,
    preferred_username: person.subject,
    email: person.email,
    email_verified: true,
    groups: person.groups,
    weir_kind: 'human',
  };
}

/** What the issuer says of an agent, beyond the registered claims. */
export function agentClaims(agent: AgentClient): Record<string, unknown> {
  return {
    name: agent.clientId,
    preferred_username: agent.clientId,
    groups: agent.groups,
    weir_kind: 'agent',
  };
}

import { targetsWith, weirYaml } from './fixture.ts';
import { file, type Malformed, rules, sections, upstream } from './malformed.ts';

const WHO = 'groups: [engineering]';

export const TARGETS: readonly Malformed[] = [
  sections('no target', { targets: '^targets: {}' }, 'there is no target'),
  sections(
    'a slash in a target’s name',
    { targets: 'targets:\n  ^a/b: {}' },
    'malformed target name',
  ),
  sections(
    'a blank in a target’s name',
    { targets: 'targets:\n  ^a b: {}' },
    'malformed target name',
  ),
  sections('a target that is a list', { targets: 'targets:\n  a: ^[]' }, 'wrong type: a list'),
  sections(
    'an unknown protocol of a target',
    { targets: 'targets:\n  a: { protocol: ^postgre }' },
    'unknown protocol',
    {
      suggestion: 'postgres',
    },
  ),
  sections(
    'no environment',
    { targets: 'targets:\n  ^a: { protocol: postgres }' },
    'environment is missing',
  ),
  sections(
    'a listener of a target’s own',
    { targets: 'targets:\n  a: { ^listen: x }' },
    'listen is not supported by this version',
  ),
  upstream('an unknown key of an upstream', '^passwrod: x', 'unknown key passwrod', {
    suggestion: 'password',
  }),
  upstream('a port of zero', 'port: ^0', 'malformed port'),
  upstream('half a port', 'port: ^54.5', 'malformed port'),
  upstream('a port in words', 'port: ^postgres', 'wrong type: a string'),
  upstream('an unknown TLS mode', 'tls: ^verify-ful', 'unknown TLS mode', {
    suggestion: 'verify-full',
  }),
  upstream('missing authorities', 'ca: ^./no.pem', 'the file does not exist'),
  upstream(
    'missing authorities by name',
    'tls: verify-ca\n      ca: ^./no.pem',
    'the file does not exist',
  ),
  upstream(
    'authorities that nothing checks',
    'tls: require\n      ^ca: ca.pem',
    'ca is not used with tls: require',
  ),
  upstream('an inline password', 'password: ^hunter2', 'a secret must not stand in the file'),
  upstream(
    'a password around a reference',
    `password: ^"a\${env:ORDERS_PW}"`,
    'a secret must not stand in the file',
  ),
  upstream(
    'a password that is a number',
    'password: ^12345',
    'wrong type: a number without quotes',
  ),
  upstream(
    'a variable that is not set',
    `password: ^"\${env:NOT_SET}"`,
    'the environment variable NOT_SET is not set',
  ),
  upstream(
    'a variable that is empty',
    `password: ^"\${env:EMPTY}"`,
    'the environment variable EMPTY is empty',
  ),
  upstream(
    'a secret over two lines',
    `password: ^"\${env:TWO_LINES}"`,
    'holds a control character',
  ),
  upstream(
    'a secret file that is not there',
    `password: ^"\${file:./no}"`,
    'the secret file does not exist',
  ),
  upstream(
    'a secret file that is empty',
    `password: ^"\${file:empty.pem}"`,
    'the secret file is empty',
  ),
  file(
    'a host with a port',
    weirYaml(targetsWith('')).replace('db.test', '^db.test:5432'),
    'malformed host',
  ),
  file(
    'a user that is a number',
    weirYaml(targetsWith('')).replace('user: weir', 'user: ^1'),
    'wrong type: a number',
  ),
  file(
    'a setting with a blank',
    weirYaml(targetsWith('port: 1', 'allow_settings: [^search path]')),
    'malformed setting name',
  ),
  file(
    'yes instead of true',
    weirYaml(targetsWith('port: 1', 'allow_replication: ^yes')),
    'wrong type: a string',
    { expected: 'true or false' },
  ),
];

export const ACCESS: readonly Malformed[] = [
  rules(
    'a rule for nobody',
    '  - ^{ name: a, targets: [orders-prod], allow: all }',
    'the rule does not say who',
  ),
  rules(
    'an empty list of groups',
    '  - { name: a, groups: ^[], targets: [orders-prod], allow: all }',
    'the list is empty',
  ),
  rules(
    'an empty list of targets',
    `  - { name: a, ${WHO}, targets: ^[], allow: all }`,
    'the list is empty',
  ),
  rules(
    'a rule without name',
    `  - ^{ ${WHO}, targets: [orders-prod], allow: all }`,
    'name is missing',
  ),
  rules('a rule without targets', `  - ^{ name: a, ${WHO}, allow: all }`, 'targets is missing'),
  rules(
    'a slash in a rule’s name',
    `  - { name: ^a/b, ${WHO}, targets: [orders-prod], allow: all }`,
    'malformed rule name',
  ),
  rules(
    'a list of effects',
    `  - { name: a, ${WHO}, targets: [orders-prod], allow: ^[read] }`,
    'statement effects cannot be enforced',
  ),
  rules(
    'another permission',
    `  - { name: a, ${WHO}, targets: [orders-prod], allow: ^read }`,
    'unknown permission',
  ),
  rules(
    'a condition',
    `  - { name: a, ${WHO}, targets: [orders-prod], allow: all, ^when: "true" }`,
    'when is not supported',
  ),
  rules(
    'limits of a rule',
    `  - { name: a, ${WHO}, targets: [orders-prod], allow: all, ^limits: {} }`,
    'limits is not supported',
  ),
  rules(
    'an unknown target',
    `  - { name: a, ${WHO}, targets: [^orders-prd], allow: all }`,
    'there is no target of this name',
    {
      suggestion: 'orders-prod',
    },
  ),
  rules(
    'one target as text',
    `  - { name: a, ${WHO}, targets: ^orders-prod, allow: all }`,
    'wrong type: a string',
    {
      expected: 'a list of target names, or { environment: NAME }',
    },
  ),
  rules(
    'an environment without targets',
    `  - { name: a, ${WHO}, targets: { environment: ^prodction }, allow: all }`,
    'no target is in this environment',
    { suggestion: 'production' },
  ),
  rules(
    'a misspelled selector',
    `  - { name: a, ${WHO}, targets: { ^environmnt: production }, allow: all }`,
    'unknown key environmnt',
    { suggestion: 'environment' },
  ),
  rules(
    'an unknown kind of caller',
    '  - { name: a, kinds: [^robot], targets: [orders-prod], allow: all }',
    'unknown kind',
  ),
  rules(
    'a principal of an unknown issuer',
    '  - { name: a, principals: [{ issuer: ^oka, subject: x }], targets: [orders-prod], allow: all }',
    'there is no issuer of this name',
    { suggestion: 'okta' },
  ),
  rules(
    'a principal without subject',
    '  - { name: a, principals: [^{ issuer: okta }], targets: [orders-prod], allow: all }',
    'either a subject or an email',
  ),
  rules(
    'a principal with subject and email',
    '  - { name: a, principals: [^{ issuer: okta, subject: x, email: a@b.c }], targets: [orders-prod], allow: all }',
    'either a subject or an email',
  ),
  rules(
    'two rules of one name',
    `  - { name: a, ${WHO}, targets: [orders-prod], allow: all }\n  - { name: ^a, groups: [dba], targets: [orders-prod], allow: all }`,
    'an earlier rule has the same name',
  ),
  rules(
    'a rule that an earlier one shadows',
    `  - { name: a, ${WHO}, targets: [orders-prod], allow: all }\n  - ^{ name: b, ${WHO}, kinds: [human], targets: { environment: production }, allow: all }`,
    'the rule is never reached: "a" before it takes all that it could',
  ),
];

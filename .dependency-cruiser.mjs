/** The import rules of ARCHITECTURE.md, "Who may know whom", and the absence of cycles. */

const FEATURES = 'identity|policy|guardrail|masking|approval|audit|audit-kafka';
const source = (folders) => `^packages/(${folders})/src`;

/** `from` may import nothing outside its own sources but what `allowed` matches. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { pathNot: allowed },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('contract-imports-nothing', source('contract'), [source('contract')]),
    only('wire-imports-contract-at-most', source('wire'), [
      source('wire|contract'),
      '^(node:)?buffer$',
    ]),
    only('core-imports-contract-and-wire', source('core'), [
      source('core|contract|wire'),
      'node_modules/rxjs',
      '^(node:)?(crypto|net|tls|buffer|stream)$',
    ]),
    {
      name: 'plugins-import-contract-wire-sql',
      severity: 'error',
      from: { path: '^plugins/([^/]+)/src' },
      to: {
        path: '^(packages|plugins)/',
        pathNot: [source('contract|wire|sql'), '^plugins/$1/src'],
      },
    },
    {
      name: 'features-do-not-know-each-other',
      severity: 'error',
      from: { path: `^packages/(${FEATURES})/src` },
      to: { path: '^(packages|plugins)/', pathNot: [source('contract'), '^packages/$1/src'] },
    },
    {
      name: 'no-deep-imports',
      severity: 'error',
      from: { path: '^(packages|plugins|examples|e2e|benchmarks)/([^/]+)/' },
      to: {
        path: '^(packages|plugins)/([^/]+)/src/',
        pathNot: ['^(packages|plugins)/[^/]+/src/index\\.ts$', '^$1/$2/'],
      },
    },
    {
      name: 'testkit-serves-tests-and-examples-only',
      severity: 'error',
      from: { path: '^(packages|plugins)/[^/]+/src', pathNot: source('testkit') },
      to: { path: source('testkit') },
    },
    {
      name: 'sources-do-not-import-tests',
      severity: 'error',
      from: { path: '/src/' },
      to: { path: '^(packages|plugins)/[^/]+/test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules/(?!rxjs))/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['weir-source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};

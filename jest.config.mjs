import preset from './jest.preset.mjs';

/** Every test of the workspace in one run; a single package: `--selectProjects <folder>`. */
const project = (path) => ({ ...preset, displayName: path.split('/').at(-1), rootDir: path });

export default {
  projects: [
    'packages/contract',
    'packages/wire',
    'packages/core',
    'packages/identity',
    'packages/policy',
    'packages/server',
    'packages/cli',
    'packages/testkit',
    'plugins/postgres',
  ]
    .map(project)
    .concat({
      ...project('e2e'),
      globalSetup: '<rootDir>/global-setup.mjs',
      globalTeardown: '<rootDir>/global-teardown.mjs',
    }),
};

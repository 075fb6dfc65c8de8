const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  // TypeScript sources import each other by the name of the compiled file.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'es6' },
      },
    ],
  },
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts'],
};

/** What every store must do: these run once against each of them. */
const CONTRACT = [
  ...[
    'list',
    'read',
    'lineage',
    'search',
    'write',
    'bulk',
    'prune',
    'statistics',
    'export',
    'events',
    'profiles',
    'wire',
  ].map((name) => `<rootDir>/test/sessions/${name}.e2e-spec.ts`),
  '<rootDir>/test/compatibility/fixtures.e2e-spec.ts',
  '<rootDir>/test/auth/isolation.e2e-spec.ts',
  '<rootDir>/test/http/conditional.e2e-spec.ts',
  '<rootDir>/test/openapi/fuzz.e2e-spec.ts',
  '<rootDir>/test/resilience/model.e2e-spec.ts',
];

/** @type {import('jest').Config} */
export default {
  // What hangs is found as well after two minutes, and a busy machine is not taken for something that hangs.
  testTimeout: 120_000,
  projects: [
    {
      ...common,
      displayName: 'hermes',
      roots: ['<rootDir>/src', '<rootDir>/test'],
      testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/postgres/'],
    },
    {
      ...common,
      displayName: 'postgres',
      globals: { TEST_STORE: 'postgres' },
      testMatch: [...CONTRACT, '<rootDir>/test/postgres/**/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/support/postgres-cluster.js',
      globalTeardown: '<rootDir>/test/support/postgres-cluster-stop.js',
    },
  ],
};

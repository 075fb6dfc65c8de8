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
      // What lies in test/contract is asked of every store.
      testMatch: ['<rootDir>/test/contract/**/*.e2e-spec.ts', '<rootDir>/test/postgres/**/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/support/postgres-cluster.js',
      globalTeardown: '<rootDir>/test/support/postgres-cluster-stop.js',
    },
  ],
};

import { availableParallelism } from 'node:os';
import { bundledDependencies } from './test/setup/dependencies.js';
import { keepFilesInMemory } from './test/setup/temporary-folder.js';
import { withVmModules } from './test/setup/vm-modules.js';

await withVmModules();
keepFilesInMemory();

/** Random tests at full length, with a seed of its own for each run, and large histories at full size. */
const isLong = process.env.TEST_LENGTH === 'long';

// The workers of a run share its seed, and how many seconds each random test may take, so that all take a quarter of an hour at most.
if (isLong) {
  process.env.TEST_SEED ??= String(Math.floor(Math.random() * 2 ** 31));
  process.env.TEST_SECONDS ??= '8';
}

const common = {
  runtime: '<rootDir>/test/setup/runtime.js',
  setupFilesAfterEnv: ['<rootDir>/test/setup/file-end.cjs'],
  testEnvironment: '<rootDir>/test/setup/environment.js',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    // TypeScript sources import each other by the name of the compiled file.
    '^(\\.{1,2}/.*)\\.js$': '$1',
    ...bundledDependencies,
    '^@hermes-sessions/client$': '<rootDir>/client/src/index.ts',
  },
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

/** Tests of these folders, or in a long run those of them that are random or as large as one likes. */
function endToEnd(...folders) {
  const specs = isLong ? '*.@(random|large).e2e-spec.ts' : '*.e2e-spec.ts';
  return folders.map((folder) => `<rootDir>/${folder}/**/${specs}`);
}

/** @type {import('jest').Config} */
export default {
  // What hangs is found as well after some minutes, and a busy machine is not taken for something that hangs.
  testTimeout: isLong ? 900_000 : 120_000,
  // Tests wait for processes, browsers and a database: with one file more than there are processors these are not idle meanwhile.
  maxWorkers: availableParallelism() + 1,
  // What its tests have left is not always let go of, and whatever is there is looked at again and again.
  workerIdleMemoryLimit: '1000MB',
  reporters: ['default', '<rootDir>/test/setup/progress.js'],
  globalSetup: '<rootDir>/test/setup/prepare.js',
  projects: [
    {
      ...common,
      displayName: 'quick',
      testMatch: [
        '<rootDir>/src/**/*.spec.ts',
        '<rootDir>/test/**/*.spec.ts',
        '<rootDir>/test/{medium,quick}/**/*.e2e-spec.ts',
      ],
    },
    {
      ...common,
      displayName: 'hermes',
      globalSetup: '<rootDir>/test/setup/programs.js',
      testMatch: endToEnd('test'),
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/(postgres|medium|quick)/'],
    },
    {
      ...common,
      displayName: 'postgres',
      globals: { TEST_STORE: 'postgres' },
      // What lies in test/contract is asked of every store; what is above them is the same on each, so that a long run asks it.
      testMatch: [...endToEnd('test/postgres'), '<rootDir>/test/contract/**/*.e2e-spec.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        ...(isLong ? [] : ['<rootDir>/test/contract/above-stores/']),
      ],
      globalSetup: '<rootDir>/test/setup/postgres-cluster.js',
      globalTeardown: '<rootDir>/test/setup/postgres-cluster-stop.js',
    },
  ],
};

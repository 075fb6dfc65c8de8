import { readdirSync } from 'node:fs';
import eslint from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const DRIVERS = ['typeorm', '@nestjs/typeorm', 'better-sqlite3', 'pg'];
const FASTIFY = ['fastify', '@fastify/*', '@nestjs/platform-fastify'];

/** The folders of `src`, so that a new one is forbidden wherever it is not named. */
const FOLDERS = readdirSync(`${import.meta.dirname}/src`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** What files must not import, with the reason a reader is shown. Of several that match a file, the last one holds. */
function boundary(files, groups, message, ignores = []) {
  return {
    files,
    ignores: ['**/*.spec.ts', ...ignores],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: groups, message, allowTypeImports: false }] },
      ],
    },
  };
}

/** The only folders of `src` that a folder may import from; it must not know a driver either. */
function onlyFrom(folder, allowed, packages = []) {
  const others = FOLDERS.filter((other) => other !== folder && !allowed.includes(other));
  const rule = allowed.length === 0 ? 'no other folder' : `${allowed.join(', ')} alone`;
  return boundary(
    [`src/${folder}/**/*.ts`],
    [...others.map((other) => `**/${other}/**`), ...DRIVERS, ...packages],
    `${folder}/ imports from ${rule}.`,
  );
}

/** A store, which other stores must not be known to. */
function storeBoundary(store, others) {
  return boundary(
    [`src/stores/${store}/**/*.ts`],
    [
      ...[...others, 'sessions/dto', 'ship', 'auth', 'health', 'capabilities'].map(
        (folder) => `**/${folder}/**`,
      ),
      ...FASTIFY,
    ],
    'A store knows no other store, and of the other folders only those without HTTP.',
  );
}

/** A literal that is spread into another one hides excess properties from the compiler. */
const LITERALS_IN_LITERALS = [
  'ArrayExpression > SpreadElement > ArrayExpression',
  'ArrayExpression > SpreadElement > TSAsExpression > ArrayExpression',
  'ObjectExpression > SpreadElement > ObjectExpression',
].map((selector) => ({
  selector,
  message: 'Write the elements where they are, without a literal of their own.',
}));

export default tseslint.config(
  {
    ignores: [
      'build/**',
      '**/dist/**',
      'coverage/**',
      '**/node_modules/**',
      '.bench/**',
      '.jest/**',
      '.soak/**',
      '.fleet/**',
      'client/src/schema.ts',
      'test/hermes-api/dashboard.schema.ts',
    ],
  },
  eslint.configs.recommended,
  {
    files: [
      'src/**/*.ts',
      'test/**/*.ts',
      'bench/**/*.ts',
      'client/src/**/*.ts',
      'examples/*/src/**/*.ts',
      'console/src/**/*.{ts,tsx}',
      'console/worker/*.ts',
    ],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'off',
      // A Nest module is a class that holds nothing but its decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // The classes of dto/ only describe shapes: answers are plain objects of those shapes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      // A leading underscore says that a name only takes a property out of a rest.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      'no-control-regex': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['console/src/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat['recommended-latest']],
    // It warns of libraries that React's compiler, which is not used here, does not understand.
    rules: { 'react-hooks/incompatible-library': 'off', 'react-hooks/exhaustive-deps': 'error' },
  },
  {
    // Plain JavaScript that Node runs as it is.
    files: ['jest.config.js', 'scripts/*.js', 'test/**/*.js', 'examples/**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
  {
    // Jest's asymmetric matchers, such as expect.any(String), are typed as any.
    files: ['test/**/*.ts', 'src/**/*.spec.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config reads the environment.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          // TypeScript records no class for `T | undefined`, and Nest then injects undefined without a word.
          selector:
            'TSParameterProperty:has(> Decorator[expression.callee.name="Optional"]):not(:has(> Decorator[expression.callee.name="Inject"]))',
          message: '@Optional() needs @Inject(…) beside it.',
        },
        ...LITERALS_IN_LITERALS,
      ],
    },
  },
  boundary(['src/*/**/*.ts'], ['**/stores/**', ...DRIVERS], 'SQL stands in stores/ alone.', [
    'src/stores/**',
    // Commands and shipping put stores together, and the demo writes files of Hermes.
    'src/commands/**',
    'src/demo/**',
  ]),
  onlyFrom('config', []),
  onlyFrom('text', []),
  // domain/ knows no I/O, no HTTP and no Nest.
  onlyFrom('domain', [], [...FASTIFY, '@nestjs/*']),
  onlyFrom('logging', ['config']),
  onlyFrom('threads', ['config']),
  onlyFrom('tracing', ['config', 'logging']),
  onlyFrom('http', ['domain', 'logging', 'text']),
  onlyFrom('auth', ['config', 'domain', 'http', 'logging', 'text']),
  boundary(['client/src/**/*.ts'], ['**/src/**'], 'The client is written against openapi.json alone.'),
  boundary(
    ['console/src/**/*.{ts,tsx}', 'examples/*/src/**/*.ts'],
    // Rules about nothing but text are the same in a page.
    ['**/src/*', '!**/src/text', '**/client/dist/**'],
    'The console and the examples use the client and nothing else.',
  ),
  boundary(
    ['src/sessions/**/*.ts'],
    ['**/stores/**', ...DRIVERS, ...FASTIFY],
    'sessions/ knows no store, no SQL and no Fastify.',
  ),
  storeBoundary('hermes', ['postgres']),
  storeBoundary('postgres', ['hermes']),
  storeBoundary('read-model', ['hermes', 'postgres']),
  boundary(
    ['src/ship/**/*.ts'],
    [...DRIVERS, ...FASTIFY, '**/auth/**', '**/http/**', '**/events/**', '**/export/**', '**/hermes-api/**'],
    'Shipping joins two stores, and knows SQL of neither.',
  ),
);

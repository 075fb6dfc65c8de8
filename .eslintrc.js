import eslint from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Folders of `src` that a folder must not import from, with the reason a reader is shown. */
function boundary(files, groups, message, extra = {}) {
  return {
    files,
    ignores: ['**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: groups, message, allowTypeImports: false }], ...extra },
      ],
    },
  };
}

const DRIVERS = ['typeorm', '@nestjs/typeorm', 'better-sqlite3', 'pg'];
const FASTIFY = ['fastify', '@fastify/*', '@nestjs/platform-fastify'];
const FEATURES = [
  ...['sessions', 'stores', 'capabilities', 'health', 'auth', 'events', 'export', 'metrics', 'profiles'],
  ...['statistics', 'upstream', 'hermes-api', 'ship', 'mcp', 'trash'],
].map((folder) => `**/${folder}/**`);

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
  boundary(
    ['src/domain/**/*.ts'],
    [...FEATURES, ...DRIVERS, ...FASTIFY, '@nestjs/*', '**/http/**', '**/config/**'],
    'domain/ knows no I/O, no HTTP and no Nest.',
  ),
  boundary(
    ['src/http/**/*.ts'],
    [...FEATURES, ...DRIVERS, '**/config/**'],
    'http/ imports from domain/ alone.',
  ),
  boundary(['src/config/**/*.ts'], [...FEATURES, ...DRIVERS, '**/http/**'], 'config/ imports from nobody.'),
  boundary(
    ['src/tracing/**/*.ts'],
    [...FEATURES, ...DRIVERS, '**/http/**'],
    'tracing/ knows of steps, and not of whose they are.',
  ),
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
  boundary(
    ['src/stores/hermes/**/*.ts'],
    [
      '**/stores/postgres/**',
      '**/sessions/dto/**',
      '**/ship/**',
      ...FASTIFY,
      '**/auth/**',
      '**/health/**',
      '**/capabilities/**',
    ],
    'A store knows domain/, sessions/ without its answers, and config/ alone.',
  ),
  boundary(
    ['src/stores/postgres/**/*.ts'],
    [
      '**/stores/hermes/**',
      '**/sessions/dto/**',
      '**/ship/**',
      ...FASTIFY,
      '**/auth/**',
      '**/health/**',
      '**/capabilities/**',
    ],
    'A store knows domain/, sessions/ without its answers, and config/ alone.',
  ),
  boundary(
    ['src/ship/**/*.ts'],
    [...DRIVERS, ...FASTIFY, '**/auth/**', '**/http/**', '**/events/**', '**/export/**', '**/hermes-api/**'],
    'Shipping joins two stores, and knows SQL of neither.',
  ),
  boundary(
    [
      ...[
        'auth',
        'capabilities',
        'health',
        'events',
        'export',
        'mcp',
        'metrics',
        'profiles',
        'statistics',
        'trash',
        'upstream',
      ],
      'hermes-api',
    ].map((folder) => `src/${folder}/**/*.ts`),
    ['**/stores/**', ...DRIVERS],
    'SQL stands in stores/ alone.',
  ),
);

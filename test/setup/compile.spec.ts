import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/wait.js';
import { compileProgram } from './compile.js';

const PROGRAM = { config: 'tsconfig.json', sources: 'src', compiled: 'dist' };

describe('what threads and processes run from', () => {
  let root: string;

  const at = (path: string): string => join(root, path);
  const compile = (): Promise<void> => compileProgram(root, PROGRAM);
  const compiled = (): string => readFileSync(at('dist/deep/worker.js'), 'utf8');

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'hermes-sessions-compile-'));
    mkdirSync(at('src/deep'), { recursive: true });
    writeFileSync(at('tsconfig.json'), '{ "compilerOptions": { "target": "ES2022", "module": "nodenext" } }');
    writeFileSync(at('src/deep/worker.ts'), 'export const answer: number = 1;');
    await compile();
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('is compiled where it was not', () => {
    expect(compiled()).toContain('export const answer = 1;');
  });

  it('is compiled again where its source changed, also to one with an older date', async () => {
    writeFileSync(at('src/deep/worker.ts'), 'export const answer: number = 2;');
    await compile();
    expect(compiled()).toContain('answer = 2');
    writeFileSync(at('src/deep/other.ts'), 'export const answer: number = 3;');
    utimesSync(at('src/deep/other.ts'), new Date(0), new Date(0));
    renameSync(at('src/deep/other.ts'), at('src/deep/worker.ts'));
    await compile();
    expect(compiled()).toContain('answer = 3');
  });

  it('is left alone where nothing changed', async () => {
    // A file written within the same clock tick of the file system does not count as newer.
    const { ctimeMs } = statSync(at('src/deep/worker.ts'));
    await until(async () => {
      await compile();
      return statSync(at('dist/deep/worker.js')).mtimeMs > ctimeMs;
    });
    const { mtimeMs } = statSync(at('dist/deep/worker.js'));
    await compile();
    expect(statSync(at('dist/deep/worker.js')).mtimeMs).toBe(mtimeMs);
  });

  it('is gone where its source is', async () => {
    rmSync(at('src/deep/worker.ts'));
    await compile();
    expect(existsSync(at('dist/deep/worker.js'))).toBe(false);
  });
});

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EntryHeads } from './entry-heads.js';
import { FORM } from './trash-entry.js';

describe('heads of entries', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'heads-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function write(digit: string, deletedAt: number, title = ''): string {
    const path = join(folder, `${digit.repeat(32)}.jsonl`);
    const entry = { id: `session-${digit}`, title };
    const head = {
      object: 'hermes.session.trash',
      form: FORM,
      profile: 'default',
      keptUntil: 1e10,
      sessions: [],
    };
    writeFileSync(path, `${JSON.stringify({ ...head, deletedAt, entry })}\n`);
    return path;
  }

  async function titles(heads: EntryHeads): Promise<readonly unknown[]> {
    return (await heads.list(folder)).map(({ head: { entry } }) => [entry.id, entry.title]);
  }

  it('are read once of each file, the last deleted first, for as long as it is there', async () => {
    const heads = new EntryHeads();
    for (const [at, digit] of ['a', 'b', 'c'].entries()) write(digit, at);
    writeFileSync(join(folder, `${'d'.repeat(32)}.jsonl`), 'no entry\n');
    expect(await Promise.all([titles(heads), titles(heads)])).toEqual([
      [
        ['session-c', ''],
        ['session-b', ''],
        ['session-a', ''],
      ],
      [
        ['session-c', ''],
        ['session-b', ''],
        ['session-a', ''],
      ],
    ]);
    // The cache assumes that files are not modified: reading one again would show this title.
    for (const digit of ['a', 'b', 'c', 'd']) write(digit, 0, 'read again');
    write('e', 1.5, 'new');
    rmSync(join(folder, `${'b'.repeat(32)}.jsonl`));
    expect(await titles(heads)).toEqual([
      ['session-c', ''],
      ['session-e', 'new'],
      ['session-a', ''],
    ]);
  });

  it('stay those of a file that gets another name', async () => {
    const heads = new EntryHeads();
    const path = write('a', 1);
    await heads.list(folder);
    renameSync(path, path.replace('.jsonl', '.restoring'));
    expect(await heads.list(folder)).toMatchObject([{ id: 'a'.repeat(32), state: 'restoring' }]);
  });
});

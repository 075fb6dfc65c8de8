import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings, SettingsError } from '../config/settings.js';
import { examineTrash } from './trash-examination.js';

describe('what is said of the folder of the trash', () => {
  let parent: string;
  let home: string;
  let folder: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'hermes-sessions-test-'));
    home = join(parent, 'hermes');
    folder = join(parent, 'trash');
    mkdirSync(home);
  });

  afterEach(() => {
    rmSync(parent, { recursive: true, force: true });
  });

  it('is nothing where there is none, and that it will be made where it is not there', () => {
    expect(examineTrash('', home)).toEqual([]);
    expect(examineTrash(join(folder, 'deeper'), home)).toMatchObject([{ level: 'ok' }]);
  });

  it('is how much it holds, and whether others may look into it', () => {
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'a'), 'x'.repeat(1_048_576));
    expect(examineTrash(folder, home)).toEqual([
      { level: 'ok', text: `The trash holds 1 deletions, 1.0 MiB, in ${folder}.` },
    ]);
    chmodSync(folder, 0o755);
    expect(examineTrash(folder, home)).toMatchObject([{ level: 'ok' }, { level: 'warning' }]);
  });

  it("is that it must not be in Hermes's folder, by whatever way", () => {
    symlinkSync(home, folder);
    for (const path of [home, join(home, 'trash'), folder, join(folder, 'deeper')])
      expect([path, examineTrash(path, home)]).toEqual([path, [expect.objectContaining({ level: 'error' })]]);
    expect(examineTrash(`${home}-trash`, home)).toMatchObject([{ level: 'ok' }]);
  });

  it('is that nothing can be written to what is no folder', () => {
    writeFileSync(folder, '');
    for (const path of [folder, join(folder, 'deeper')])
      expect([path, examineTrash(path, home)]).toEqual([
        path,
        [expect.objectContaining({ level: 'warning' })],
      ]);
  });

  it("keeps a server from starting whose trash would be in Hermes's folder", () => {
    const start = (trash: string): unknown =>
      readSettings({ API_SERVER_KEY: 'k'.repeat(32), HERMES_HOME: home, TRASH_DIR: trash });
    for (const path of [home, join(home, 'trash'), join(home, '..', 'hermes', 'x')])
      expect(() => start(path)).toThrow(SettingsError);
    for (const path of ['', folder, `${home}-trash`, parent]) expect(() => start(path)).not.toThrow();
    symlinkSync(home, folder);
    for (const path of [folder, join(folder, 'deeper')]) expect(() => start(path)).toThrow(SettingsError);
  });
});

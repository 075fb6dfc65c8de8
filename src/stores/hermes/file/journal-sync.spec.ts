import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syncJournal } from './journal-sync.js';

describe('the journal of a history', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is synced where there is one, and missed by nobody where there is none', async () => {
    const path = join(folder, 'state.db');
    await expect(syncJournal(path)).resolves.toBeUndefined();
    writeFileSync(`${path}-wal`, 'committed');
    await expect(syncJournal(path)).resolves.toBeUndefined();
  });

  it('is no history that cannot be reached', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(syncJournal(join(file, 'state.db'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});

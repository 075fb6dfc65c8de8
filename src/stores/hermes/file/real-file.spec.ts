import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syncJournal } from './journal-sync.js';
import { journalOf } from './real-file.js';
import { fileIdentity, fileSize, stampOf } from './state-db-file.js';

describe('a history that a link leads to', () => {
  let folder: string;
  let link: string;
  let journal: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'link-'));
    const file = join(folder, 'there', 'state.db');
    link = join(folder, 'state.db');
    journal = `${file}-wal`;
    mkdirSync(join(folder, 'there'));
    writeFileSync(file, 'history');
    symlinkSync(file, link);
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('has its journal beside itself', () => {
    writeFileSync(journal, 'committed');
    expect(fileSize(journalOf(link))).toBe(9);
  });

  it('is another one where its journal is', () => {
    const without = fileIdentity(link);
    writeFileSync(journal, 'committed');
    expect(without?.wal).toBeUndefined();
    expect(fileIdentity(link)?.wal).toBeDefined();
  });

  it('has another stamp with each commit to its journal', () => {
    writeFileSync(journal, 'committed');
    const before = stampOf(link);
    appendFileSync(journal, 'again');
    expect(stampOf(link)?.text).not.toBe(before?.text);
  });

  it('has its journal synced, or it is told why not', async () => {
    // A link to itself cannot be opened.
    symlinkSync(journal, journal);
    await expect(syncJournal(link)).rejects.toMatchObject({ code: 'ELOOP' });
  });
});

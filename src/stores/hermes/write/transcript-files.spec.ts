import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { removeTranscriptFiles } from './transcript-files.js';

/** Sessions that nobody deletes. */
const OTHERS = 1000;

describe('the transcript files of deleted sessions', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hermes-sessions-test-'));
    for (let at = 0; at < OTHERS; at++) writeFileSync(join(folder, `session_other_${at}.json`), '');
    for (const name of ['a.jsonl', 'session_a.json', 'request_dump_a_20260101_120000.json'])
      writeFileSync(join(folder, name), '');
  });

  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  const nobody = (): Promise<ReadonlySet<string>> => Promise.resolve(new Set());

  it.each([0, 100])(
    'are removed, and no others, where %i sessions without any go with it',
    async (others) => {
      const ids = ['a', ...Array.from({ length: others }, (_, at) => `b${at}`)];
      const { removed, failed } = await removeTranscriptFiles(folder, ids, nobody);
      expect([removed.length, failed, readdirSync(folder).length]).toEqual([3, [], OTHERS]);
    },
  );

  it('are found without each name being taken apart for a single session', async () => {
    const taken = jest.spyOn(RegExp.prototype, 'exec');
    await removeTranscriptFiles(folder, ['other_7'], nobody);
    expect(taken.mock.calls.length).toBeLessThan(OTHERS / 2);
  });
});

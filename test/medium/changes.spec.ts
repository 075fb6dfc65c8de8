import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { HistoryLocation } from '../../src/config/settings.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { KeptLines, sessionLine } from '../../src/sessions/trash/kept-session.js';
import { FULL_ACCESS } from '../../src/domain/access.js';
import type { DoneChange } from '../../src/sessions/bulk/session-bulk.js';
import type { ChangeContext } from '../../src/sessions/sessions.repository.js';
import { SilentObserver } from '../../src/sessions/store-observer.js';
import { HermesProfile } from '../../src/stores/hermes/profiles/hermes-profile.js';
import { hour } from '../support/histories.js';
import { temporaryHistory } from '../support/temporary-history.js';

const ALONE = { force: false, lineage: false };
const IDS = ['a', 'b', 'c'];

describe.each(['wal', 'delete'] as const)('what happens behind a commit in %s mode', (mode) => {
  let location: HistoryLocation;
  let owner: HistoryWriter;
  let profile: HermesProfile;

  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  beforeEach(() => {
    location = temporaryHistory(25, mode);
    owner = HistoryWriter.open(location.stateDb);
    for (const id of IDS) owner.addSession({ id, source: 'cli', started_at: hour(1), ended_at: hour(2) });
    mkdirSync(join(location.hermesHome, 'sessions'));
    for (const id of IDS) writeFileSync(transcriptOf(id), '{}');
    profile = new HermesProfile('default', location, 10_000, new SilentObserver());
  });

  afterEach(async () => {
    profile.stopFollowing();
    await profile.close();
    owner.close();
  });

  function transcriptOf(id: string): string {
    return join(location.hermesHome, 'sessions', `request_dump_${id}_20260101_120000.json`);
  }

  /** Does something as soon as a change is committed, and remembers what it was told. */
  function whenCommitted(then: () => void): ChangeContext & { readonly told: DoneChange[] } {
    const told: DoneChange[] = [];
    return {
      told,
      access: FULL_ACCESS,
      onCommit: (done) => {
        if (told.length === 0) then();
        told.push(...done);
      },
    };
  }

  const losses: readonly (readonly [string, () => void])[] = [
    [
      'the file is taken away',
      () => {
        renameSync(location.stateDb, `${location.stateDb}.away`);
      },
    ],
    ['its owner keeps everybody out', () => owner.db.exec('BEGIN EXCLUSIVE')],
  ];

  it.each(losses)('a deletion is done and told although %s', async (_name, lose) => {
    const context = whenCommitted(lose);
    const deleted = await profile.delete('a', ALONE, context);
    expect(deleted.map(({ id }) => id)).toEqual(['a']);
    expect(context.told).toMatchObject([{ kind: 'deleted', id: 'a' }]);
  });

  it.each(losses)('a rename answers what it made although %s', async (_name, lose) => {
    const context = whenCommitted(lose);
    expect(await profile.update('a', { title: 'New' }, context)).toMatchObject({ id: 'a', title: 'New' });
    expect(context.told).toEqual([{ kind: 'changed', id: 'a' }]);
  });

  it.each(losses)('what a bulk did is in its outcomes although %s', async (_name, lose) => {
    const context = whenCommitted(lose);
    const outcomes = await profile.changes.bulk(
      { action: 'delete', ids: IDS, force: false },
      context,
      Infinity,
    );
    const deleted = outcomes.filter(({ kind }) => kind === 'deleted').map(({ id }) => id);
    // On a busy machine one transaction does not take all of them.
    expect(deleted).toEqual(IDS.slice(0, Math.max(1, deleted.length)));
    expect(context.told.map(({ id }) => id)).toEqual(deleted);
  });

  it.each(losses)('what an import added is told although %s', async (_name, lose) => {
    const context = whenCommitted(lose);
    const kept = new KeptLines();
    // The first is there already.
    for (const id of ['a', 'new']) kept.add(sessionLine({ id, source: 'cli', started_at: hour(3) }));
    const outcome = await profile.changes.importSessions(kept.sessions(), context);
    expect(outcome).toEqual({ imported: ['new'], skipped: ['a'], unfinished: [], detached: 0 });
    expect(context.told).toEqual([{ kind: 'changed', id: 'new' }]);
  });

  it('the files of what was deleted are removed, unless that cannot be done', async () => {
    await profile.delete(
      'a',
      ALONE,
      whenCommitted(() => undefined),
    );
    expect(readdirSync(join(location.hermesHome, 'sessions'))).toHaveLength(2);
    const folder = join(location.hermesHome, 'sessions');
    const done = profile.delete(
      'b',
      ALONE,
      whenCommitted(() => {
        renameSync(folder, `${folder}.away`);
      }),
    );
    expect((await done).map(({ id }) => id)).toEqual(['b']);
  });

  it('nothing is told of a change that was not made', async () => {
    const context = whenCommitted(() => undefined);
    await expect(profile.delete('nobody', ALONE, context)).rejects.toMatchObject({
      code: 'session_not_found',
    });
    await expect(
      profile.update(
        'a',
        { title: 'x' },
        {
          ...context,
          precondition: () => {
            throw new Error('not as it was');
          },
        },
      ),
    ).rejects.toThrow('not as it was');
    expect(context.told).toEqual([]);
    expect(owner.db.prepare("SELECT title FROM sessions WHERE id = 'a'").pluck().get()).toBeNull();
  });
});

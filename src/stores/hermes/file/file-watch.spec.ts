import { appendFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { until } from '../../../../test/support/wait.js';
import { FileWatch } from './file-watch.js';

const CHECK = 5000;

describe('a watched file', () => {
  let warnings: jest.SpiedFunction<Logger['warn']>;
  let folder: string;
  let stateDb: string;
  let end: () => void;
  const listener = jest.fn();

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    warnings = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    folder = mkdtempSync(join(tmpdir(), 'watch-'));
    for (const name of ['hermes', 'backups']) mkdirSync(join(folder, name));
    stateDb = join(folder, 'hermes', 'state.db');
    writeFileSync(stateDb, 'history');
    end = new FileWatch(stateDb).subscribe(listener);
  });

  afterEach(() => {
    end();
    listener.mockReset();
    jest.restoreAllMocks();
    jest.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  // A watcher of this folder is not told of changes through a name in another folder.
  const link = (): string => {
    const other = join(folder, 'backups', 'state.db');
    linkSync(stateDb, other);
    return other;
  };

  // Pending notifications are read between two of these.
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('is not taken for changed where a backup makes a link to it', async () => {
    link();
    for (let times = 0; times < 3; times++) {
      jest.advanceTimersByTime(CHECK);
      await turn();
    }
    expect(listener).not.toHaveBeenCalled();
    expect(warnings).not.toHaveBeenCalled();
  });

  it('is looked at ten times a second where a change of it went unnoticed', async () => {
    appendFileSync(link(), ', goes on');
    jest.advanceTimersByTime(CHECK);
    await turn();
    expect(warnings).toHaveBeenCalledTimes(1);
    listener.mockReset();
    jest.advanceTimersByTime(1000);
    expect(listener).toHaveBeenCalledTimes(10);
  });

  it('is not looked at where the process stood still, and what was told of a change has not been read yet', async () => {
    for (let times = 0; times < 3; times++) {
      appendFileSync(stateDb, ', goes on');
      jest.advanceTimersByTime(CHECK);
      await turn();
    }
    expect(listener).toHaveBeenCalled();
    expect(warnings).not.toHaveBeenCalled();
  });
});

describe('a watched file that was written to', () => {
  it('is taken for changed again later, since what is written is not always to be read at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watch-'));
    const stateDb = join(folder, 'state.db');
    writeFileSync(stateDb, 'history');
    const times: number[] = [];
    const end = new FileWatch(stateDb).subscribe(() => times.push(performance.now()));
    appendFileSync(`${stateDb}-wal`, 'a commit that waits for the disk');
    await until(() => times.length > 0 && (times.at(-1) ?? 0) - (times[0] ?? 0) > 500);
    end();
    rmSync(folder, { recursive: true });
  });
});

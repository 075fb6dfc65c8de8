import { appendFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FileWatch } from './file-watch.js';

const CHECK = 5000;

describe('a watched file', () => {
  let warnings: jest.SpiedFunction<Logger['warn']>;
  let folder: string;
  let stateDb: string;
  let end: () => void;
  const listener = jest.fn();

  beforeEach(() => {
    jest.useFakeTimers();
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

  // Of what is done to it by a name in another folder, the folder of this one is told nothing.
  const link = (): string => {
    const other = join(folder, 'backups', 'state.db');
    linkSync(stateDb, other);
    return other;
  };

  it('is not taken for changed where a backup makes a link to it', () => {
    link();
    jest.advanceTimersByTime(3 * CHECK);
    expect(listener).not.toHaveBeenCalled();
    expect(warnings).not.toHaveBeenCalled();
  });

  it('is looked at ten times a second where a change of it went unnoticed', () => {
    appendFileSync(link(), ', goes on');
    jest.advanceTimersByTime(CHECK);
    expect(warnings).toHaveBeenCalledTimes(1);
    listener.mockReset();
    jest.advanceTimersByTime(1000);
    expect(listener).toHaveBeenCalledTimes(10);
  });
});

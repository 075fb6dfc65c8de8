import { statSync } from 'node:fs';
import { journalOf } from '../file/real-file.js';

/** Times of files come in steps of some milliseconds: of two changes within one of them, only the first leaves a trace. */
const STEP = 100n * 1_000_000n;

/** What the file system knows of a history and its journal. */
export interface HistoryStamp {
  /** Another one after every change, and for another file in the path's place. */
  readonly text: string;
  /** Whether the last change is so long ago that another one would leave a trace. */
  readonly isSettled: boolean;
}

/** Reads the stamp of a history; undefined where there is none. */
export function stampOf(stateDb: string): HistoryStamp | undefined {
  const now = BigInt(Date.now()) * 1_000_000n;
  const files = [stateDb, journalOf(stateDb)].map(statOf);
  if (files[0] === undefined) return undefined;
  return {
    text: files.map((file) => (file === undefined ? '' : Object.values(file).join(' '))).join('|'),
    isSettled: files.every((file) => file === undefined || file.changedAt < now - STEP),
  };
}

/** The time of the last change cannot be set, so that a backup that brings its own time with it shows too. */
function statOf(
  path: string,
): Readonly<Record<'device' | 'inode' | 'size' | 'modifiedAt' | 'changedAt', bigint>> | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    const { dev: device, ino: inode, size, mtimeNs: modifiedAt, ctimeNs: changedAt } = stats;
    return { device, inode, size, modifiedAt, changedAt };
  } catch {
    return undefined;
  }
}

import { statfsSync } from 'node:fs';
import { existingFolder, isWritableFolder } from '../../../config/writable-folder.js';
import type { Finding } from '../doctor.js';

const MEBIBYTE = 1024 * 1024;

/** Free bytes needed to build an index beside the previous one; the index of 800,000 messages has 22 MiB. */
const ROOM = 64 * MEBIBYTE;

/** Checks the folder of indexes, and changes nothing. */
export function examineIndexFolder(folder: string): readonly Finding[] {
  if (!isWritableFolder(folder))
    return [
      {
        level: 'warning',
        text: `Nothing can be written to INDEX_DIR, so that each start builds the index anew, elsewhere: ${folder}`,
      },
    ];
  const { bavail, bsize } = statfsSync(existingFolder(folder));
  const free = bavail * bsize;
  if (free >= ROOM) return [];
  return [
    {
      level: 'warning',
      text: `The disk of INDEX_DIR has only ${(free / MEBIBYTE).toFixed(1)} MiB left, which may be too little for the index: ${folder}`,
    },
  ];
}

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { realPath } from '../config/real-path.js';
import { isWithin } from '../config/settings.js';
import { isWritableFolder } from '../config/writable-folder.js';

/** A finding about the trash folder. */
export interface TrashFinding {
  /** With an `error` no deletion should use the trash. */
  readonly level: 'ok' | 'info' | 'warning' | 'error';
  readonly text: string;
}

/** Examines the trash folder without changing anything. @param hermesHome must not contain it, even by symbolic links. */
export function examineTrash(folder: string, hermesHome: string): readonly TrashFinding[] {
  if (folder === '') return [];
  if (isWithin(realPath(hermesHome), realPath(folder)))
    return [{ level: 'error', text: `TRASH_DIR is in Hermes's folder: ${folder}. Name one of its own.` }];
  if (!isWritableFolder(folder))
    return [
      {
        level: 'warning',
        text: `Nothing can be written to TRASH_DIR, so that deleting with trash=true answers 503: ${folder}`,
      },
    ];
  if (!existsSync(folder)) return [{ level: 'ok', text: `The trash will be made in ${folder}.` }];
  const isOpen = (statSync(folder).mode & 0o077) !== 0;
  return [
    { level: 'ok', text: `The trash holds ${sizeOf(folder)} in ${folder}.` },
    ...(isOpen
      ? [
          {
            level: 'warning',
            text: `Others on this machine may look into it. Run: chmod 700 ${folder}`,
          } as const,
        ]
      : []),
  ];
}

function sizeOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  return `${files.length} deletions, ${(bytes / 1_048_576).toFixed(1)} MiB,`;
}

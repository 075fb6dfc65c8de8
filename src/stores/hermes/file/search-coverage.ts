import type { Database } from 'better-sqlite3';

/** What of the messages the file's own search indexes hold, so that another index can hold the same. */
export interface SearchCoverage {
  /** Whether words are looked for in content alone, not in tools' names and calls. */
  readonly contentAlone: boolean;
  /** Whether only the beginning of tools' output is indexed. */
  readonly cutsTools: boolean;
  /** Whether tools' output is left out of the index of parts of words. */
  readonly partsLeaveOutTools: boolean;
  /** Platforms whose sessions are, and whether delegates are. */
  readonly partsLeaveOut: ReadonlySet<string>;
  readonly partsLeaveOutDelegates: boolean;
}

/** Reads what the definitions of the indexes say. */
export function readSearchCoverage(db: Database): SearchCoverage {
  const select =
    "SELECT name, sql FROM sqlite_master WHERE name LIKE 'messages\\_fts%' ESCAPE '\\' AND sql IS NOT NULL";
  const definitions = new Map(db.prepare<[], [string, string]>(select).raw().all());
  const of = (prefix: string): string =>
    [...definitions].flatMap(([name, sql]) => (name.startsWith(prefix) ? [sql] : [])).join('\n');
  const words = [...definitions]
    .flatMap(([name, sql]) =>
      name.startsWith('messages_fts_trigram') || name.startsWith('messages_fts_cjk') ? [] : [sql],
    )
    .join('\n');
  const parts = of('messages_fts_trigram');
  return {
    contentAlone: words !== '' && !words.includes('tool_name'),
    cutsTools: words.includes('8192'),
    partsLeaveOutTools: /role\s*<>\s*'tool'/.test(parts),
    partsLeaveOutDelegates: parts.includes('_delegate_from'),
    partsLeaveOut: new Set(
      [...parts.matchAll(/source\s*(?:NOT IN\s*\(([^)]*)\)|<>\s*('[^']*'))/g)].flatMap(([, list, one]) =>
        [...(list ?? one ?? '').matchAll(/'([^']*)'/g)].map(([, name = '']) => name),
      ),
    ),
  };
}

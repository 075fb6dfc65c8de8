import type { Database } from 'better-sqlite3';

/** Which parts of the messages the file's own search indexes hold, so that another index can hold the same. */
export interface SearchCoverage {
  /** Whether words are searched in content only, not in the names and calls of tools. */
  readonly contentAlone: boolean;
  /** Whether only the beginning of tool output is indexed. */
  readonly cutsTools: boolean;
  /** Whether the trigram index omits tool output. */
  readonly partsLeaveOutTools: boolean;
  /** Platforms whose sessions the trigram index omits, and whether it omits delegates. */
  readonly partsLeaveOut: ReadonlySet<string>;
  readonly partsLeaveOutDelegates: boolean;
}

/** Reads the coverage from the definitions of the indexes. */
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

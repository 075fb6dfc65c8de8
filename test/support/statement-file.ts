import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ROOT } from './root.js';

/** `UPDATE_SQL=1 npx jest queries` rewrites the files. */
const UPDATE = process.env.UPDATE_SQL === '1';

/** Maximum line length. */
const WIDTH = 140;

const HEAD = `-- Every statement that this store sends, by what has it sent first. Written by: UPDATE_SQL=1 npx jest queries
`;

/** Statements by the method that sends them. */
export type StatementsByMethod = ReadonlyMap<string, readonly string[]>;

/** Compares a store's statements with the checked-in file, so that a review shows which of them change. */
export function expectStatements(store: string, methods: StatementsByMethod): void {
  const path = resolve(ROOT, `docs/sql/${store}.sql`);
  const seen = new Set<string>();
  const sections = [HEAD];
  for (const [method, statements] of methods) {
    // A statement of several methods is listed at the first of them.
    const added = statements.filter((sql) => !seen.has(sql));
    for (const sql of added) seen.add(sql);
    sections.push([`-- ${method}`, ...added.map((sql) => `${broken(sql)};`), ''].join('\n'));
  }
  if (UPDATE) writeFileSync(path, sections.join('\n'));
  else expect(sections.join('\n')).toBe(readFileSync(path, 'utf8'));
}

/** Splits a statement into lines, so that a small change affects only a few of them. */
function broken(sql: string): string {
  const clauses = sql.split(
    / (?=(?:FROM|WHERE|(?:LEFT|CROSS) JOIN|(?<!(?:LEFT|CROSS) )JOIN|ORDER BY|GROUP BY|UNION|ON CONFLICT|VALUES)\b)/,
  );
  return clauses.map((clause) => wrapped(clause).join('\n    ')).join('\n  ');
}

function wrapped(clause: string): readonly string[] {
  const lines: string[] = [];
  for (const word of clause.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

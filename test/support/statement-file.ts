import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ROOT } from './root.js';

/** `UPDATE_SQL=1 npx jest queries` writes the files anew. */
const UPDATE = process.env.UPDATE_SQL === '1';

/** Characters of a line. */
const WIDTH = 140;

const HEAD = `-- Every statement that this store sends, by what has it sent first. Written by: UPDATE_SQL=1 npx jest queries
`;

/** Statements, by what sends them. */
export type StatementsByMethod = ReadonlyMap<string, readonly string[]>;

/** Holds the statements of a store against the file that is checked in, so that a review sees which of them change. */
export function expectStatements(store: string, methods: StatementsByMethod): void {
  const path = resolve(ROOT, `docs/sql/${store}.sql`);
  const seen = new Set<string>();
  const sections = [HEAD];
  for (const [method, statements] of methods) {
    // What several methods send stands where it is first sent.
    const added = statements.filter((sql) => !seen.has(sql));
    for (const sql of added) seen.add(sql);
    sections.push([`-- ${method}`, ...added.map((sql) => `${broken(sql)};`), ''].join('\n'));
  }
  if (UPDATE) writeFileSync(path, sections.join('\n'));
  else expect(sections.join('\n')).toBe(readFileSync(path, 'utf8'));
}

/** A statement in lines, so that a change of one part of it shows as a change of one line or a few. */
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

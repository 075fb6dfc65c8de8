import type { Database } from 'better-sqlite3';

/** An index file, as connections that read it are told of it. */
export interface IndexSource {
  readonly path: string;
  /** Which file of this path it is: no two that this process opened have the same number. */
  readonly opening: number;
}

/** The same, or an index in the memory of the connection that answers, which has no path. */
export interface IndexIdentity {
  readonly path: string | undefined;
  readonly opening: number;
}

const ATTACHED = new WeakMap<Database, IndexSource>();

/**
 * Lets a connection to a history read its index too. What a read-only connection attaches is read-only through it. Must not be called
 * inside a transaction.
 */
export function attachIndex(db: Database, index: IndexSource): void {
  if (ATTACHED.get(db)?.opening === index.opening) return;
  detachIndex(db);
  db.prepare('ATTACH ? AS known').run(index.path);
  ATTACHED.set(db, index);
}

/** Lets go of the index, where one is attached. */
export function detachIndex(db: Database): void {
  if (!ATTACHED.delete(db) || !db.open) return;
  db.exec('DETACH known');
}

import { SCHEMA_VERSIONS, type SchemaVersion } from '../../src/demo/state-db/schema.js';
import { atLength } from './rounds.js';
import { isPostgres } from './server.js';

/**
 * The kinds of Hermes's file that a test asks about. On Hermes's own store each is read and written in its own way. A database has
 * the same tables whichever it was sent, so that it is asked about a few of them, and about all in a long run.
 */
export function kindsOfFile<T>(all: readonly T[], few: readonly T[]): readonly T[] {
  return isPostgres() ? atLength(all, few) : all;
}

/** Versions of the layout: in a database, what was least and what is most. */
export const LAYOUTS = kindsOfFile<SchemaVersion>(SCHEMA_VERSIONS, [6, 31]);

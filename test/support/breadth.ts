import { SCHEMA_VERSIONS, type SchemaVersion } from '../../src/demo/state-db/schema.js';
import { atLength } from './rounds.js';
import { isPostgres } from './server.js';

/**
 * The kinds of Hermes's files that a test covers. Hermes's own store reads and writes each kind differently, so it is tested with all of them. A
 * database has the same tables for every kind, so it is tested with a few, and with all in a long run.
 */
export function kindsOfFile<T>(all: readonly T[], few: readonly T[]): readonly T[] {
  return isPostgres() ? atLength(all, few) : all;
}

/** Schema versions: in a database only the oldest and the newest. */
export const LAYOUTS = kindsOfFile<SchemaVersion>(SCHEMA_VERSIONS, [6, 31]);

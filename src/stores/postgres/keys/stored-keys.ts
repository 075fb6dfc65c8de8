import { Injectable } from '@nestjs/common';
import type { KeptKeys, KeyStore } from '../../../domain/key-store.js';
import { PostgresConnection } from '../connection/postgres-connection.js';

/** The fields that keys are looked up by; the rest of the record belongs to the module that checks keys. */
export interface StoredKey {
  readonly id: string;
  readonly name: string;
}

/** A key, and when it was last used. */
export interface UsedKey {
  readonly record: unknown;
  /** RFC 3339; null if never. */
  readonly usedAt: string | null;
}

/** Keys are added and removed but never changed, so their ids identify the state of the table. */
const VERSION = `SELECT coalesce(hashtextextended(string_agg(id, ',' ORDER BY id), 0), 0)::text AS version FROM api_keys`;

/** The keys in the database. They are read from the primary: a standby may still have a removed key. */
@Injectable()
export class StoredKeys implements KeyStore {
  constructor(private readonly connection: PostgresConnection) {}

  async readKeys(version: string | undefined): Promise<KeptKeys | undefined> {
    return this.connection.current(async (manager) => {
      const [now] = await manager.query<[{ version: string }]>(VERSION);
      if (now.version === version) return undefined;
      const rows = await manager.query<{ record: unknown }[]>('SELECT record FROM api_keys ORDER BY name');
      return { version: now.version, keys: rows.map(({ record }) => record) };
    });
  }

  async noteUses(uses: ReadonlyMap<string, string>): Promise<void> {
    await this.connection.transaction((manager) =>
      manager.query(
        `UPDATE api_keys k SET used_at = greatest(k.used_at, u.used_at)
          FROM unnest(CAST($1 AS text[]), CAST($2 AS timestamptz[])) AS u(id, used_at) WHERE k.id = u.id`,
        [[...uses.keys()], [...uses.values()]],
      ),
    );
  }

  /** All keys by name, with when each was last used. @throws {DomainError} `store_unavailable` */
  async listKeys(): Promise<readonly UsedKey[]> {
    const rows = await this.connection.current((manager) =>
      manager.query<{ record: unknown; used_at: Date | null }[]>(
        'SELECT record, used_at FROM api_keys ORDER BY name',
      ),
    );
    return rows.map(({ record, used_at: usedAt }) => ({ record, usedAt: usedAt?.toISOString() ?? null }));
  }

  /**
   * Adds a key.
   * @returns whether its name was free.
   * @throws {DomainError} `store_unavailable`
   */
  async addKey(record: StoredKey): Promise<boolean> {
    const added = await this.connection.transaction((manager) =>
      manager.query<unknown[]>(
        'INSERT INTO api_keys (id, name, record) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING RETURNING id',
        [record.id, record.name, JSON.stringify(record)],
      ),
    );
    return added.length === 1;
  }

  /**
   * Removes a key.
   * @returns whether there was one of that name.
   * @throws {DomainError} `store_unavailable`
   */
  async removeKey(name: string): Promise<boolean> {
    const [removed] = await this.connection.transaction((manager) =>
      manager.query<[unknown[], number]>('DELETE FROM api_keys WHERE name = $1 RETURNING id', [name]),
    );
    return removed.length === 1;
  }
}

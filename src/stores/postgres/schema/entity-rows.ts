import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import { converted, fromStored, toStored } from './stored-text.js';

/** The properties of an entity as a plain object. */
export type RowOf<E> = { readonly [K in keyof E]: E[K] };

/** A property of an entity and its column. */
interface ColumnOf {
  readonly property: string;
  readonly name: string;
}

/** Writes and reads many rows of an entity at once, which takes a fraction of the time of single statements. */
export class EntityRows<E extends ObjectLiteral> {
  readonly #table: string;
  readonly #columns: readonly ColumnOf[];
  readonly #upsertSql: string;

  constructor(
    private readonly manager: EntityManager,
    entity: EntityTarget<E>,
  ) {
    const metadata = manager.dataSource.getMetadata(entity);
    this.#table = metadata.tableName;
    this.#columns = metadata.columns.map(({ propertyName, databaseName }) => ({
      property: propertyName,
      name: databaseName,
    }));
    const names = this.#columns.map(({ name }) => `"${name}"`);
    const keys = metadata.primaryColumns.map(({ databaseName }) => `"${databaseName}"`);
    const updates = names.filter((name) => !keys.includes(name)).map((name) => `${name} = EXCLUDED.${name}`);
    this.#upsertSql = `INSERT INTO ${this.#table} (${names.join(', ')})
      SELECT ${names.join(', ')} FROM json_populate_recordset(NULL::${this.#table}, $1::json)
      ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${updates.join(', ')}`;
  }

  /** The columns for a SELECT from a table with this alias. @param of restricts them to some properties. */
  columns(alias: string, of?: readonly (keyof E)[]): string {
    return this.#columnsOf(of)
      .map(({ name }) => `${alias}."${name}"`)
      .join(', ');
  }

  /** Inserts rows, or replaces those with the same key. */
  async upsert(rows: readonly RowOf<E>[]): Promise<void> {
    if (rows.length === 0) return;
    const json = JSON.stringify(rows.map((row) => this.#toColumns(row)));
    await this.manager.query(this.#upsertSql, [json]);
  }

  /** Converts rows that were selected with {@link columns} of the same properties. */
  fromColumns<K extends keyof E = keyof E>(
    rows: readonly Readonly<Record<string, unknown>>[],
    of?: readonly K[],
  ): readonly Pick<RowOf<E>, K>[] {
    const columns = this.#columnsOf(of);
    return rows.map((row) => {
      const entity: Record<string, unknown> = {};
      for (const { property, name } of columns) entity[property] = converted(row[name], fromStored);
      return entity as Pick<RowOf<E>, K>;
    });
  }

  #columnsOf(properties: readonly (keyof E)[] | undefined): readonly ColumnOf[] {
    return properties === undefined
      ? this.#columns
      : this.#columns.filter(({ property }) => properties.includes(property));
  }

  #toColumns(row: RowOf<E>): Readonly<Record<string, unknown>> {
    const columns: Record<string, unknown> = {};
    for (const { property, name } of this.#columns) {
      columns[name] = converted(row[property], toStored);
    }
    return columns;
  }
}

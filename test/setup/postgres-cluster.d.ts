/** A PostgreSQL server of its own. */
export interface Cluster {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param settings of postgresql.conf; those for tests where they are left out. */
export function startCluster(settings?: Readonly<Record<string, string>>): Promise<Cluster>;

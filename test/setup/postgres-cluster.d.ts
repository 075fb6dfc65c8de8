/** A PostgreSQL server of its own. */
export interface Cluster {
  readonly url: string;
  /** Kills every process of it at once, and starts it again; Linux alone. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** @param settings of postgresql.conf; those for tests where they are left out. */
export function startCluster(settings?: Readonly<Record<string, string>>): Promise<Cluster>;

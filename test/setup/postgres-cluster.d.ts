/** A temporary PostgreSQL server. */
export interface Cluster {
  readonly url: string;
  /** Kills all its processes at once and starts it again; Linux only. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** @param settings for postgresql.conf; by default those for tests. */
export function startCluster(settings?: Readonly<Record<string, string>>): Promise<Cluster>;

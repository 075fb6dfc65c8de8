/** A PostgreSQL server of its own. */
export interface Cluster {
  readonly url: string;
  stop(): Promise<void>;
}

export function startCluster(): Promise<Cluster>;

export interface Need {
  readonly name: string;
  /** Where it is; undefined where it is not installed. */
  readonly path: string | undefined;
  /** What is not tested without it. */
  readonly tests: string;
}

export const NEEDS: Readonly<
  Record<
    | 'chromium'
    | 'newerNode'
    | 'nginx'
    | 'openssl'
    | 'pgbouncer'
    | 'podman'
    | 'promtool'
    | 'python'
    | 'runc'
    | 'strip',
    Need
  >
>;

export interface Need {
  readonly name: string;
  /** Its path; undefined if it is not installed. */
  readonly path: string | undefined;
  /** The tests that need it. */
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

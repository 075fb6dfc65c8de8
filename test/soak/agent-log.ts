/** What an agent did to one session, as it should stand in the file unless the session is deleted. */
export interface WrittenSession {
  readonly id: string;
  title: string | null;
  endReason: string | null;
  /** Its messages by id, with what each says; rewound ones too. */
  readonly messages: [id: number, content: string, active: boolean][];
}

/** What an agent leaves at its end. */
export interface AgentLog {
  readonly sessions: readonly WrittenSession[];
  readonly deleted: readonly string[];
  /** Transactions by kind. */
  readonly operations: Readonly<Record<string, number>>;
  /** How long each transaction took from before its begin to after its commit, in milliseconds. */
  readonly waits: readonly number[];
  readonly failures: readonly string[];
}

import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

/** A message that an agent has committed. */
export interface Committed {
  readonly id: number;
  readonly sessionId: string;
  /** When, in epoch milliseconds. */
  readonly at: number;
  /** How long it waited for its transaction, in milliseconds. */
  readonly waited: number;
}

/** An agent that writes beside a server, as a process of its own. */
export class AgentProcess {
  /** What it has committed so far. */
  readonly committed: Committed[] = [];

  private constructor(private readonly child: ChildProcess) {}

  /** @param perSecond how many messages it commits. */
  static start(stateDb: string, perSecond: number): AgentProcess {
    const child = spawn(
      process.execPath,
      [resolve(import.meta.dirname, 'agent.js'), stateDb, String(perSecond)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const agent = new AgentProcess(child);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [id = '', sessionId = '', at = '', waited = ''] = line.split(' ');
      agent.committed.push({ id: Number(id), sessionId, at: Number(at), waited: Number(waited) });
    });
    return agent;
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once('close', done));
    this.child.kill('SIGTERM');
    await ended;
  }
}

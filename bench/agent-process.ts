import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

/** A message committed by the agent. */
export interface Committed {
  readonly id: number;
  readonly sessionId: string;
  /** Time of the commit, in epoch milliseconds. */
  readonly at: number;
  /** How long its transaction took, including the wait, in milliseconds. */
  readonly waited: number;
}

/** A writing agent beside a server, in a process of its own. */
export class AgentProcess {
  /** The messages committed so far. */
  readonly committed: Committed[] = [];

  private constructor(private readonly child: ChildProcess) {}

  /** @param perSecond the number of messages to commit per second. */
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

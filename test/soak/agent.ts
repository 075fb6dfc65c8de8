/**
 * An agent that writes as Hermes does, as a process of its own, until SIGTERM; then it leaves a log.
 * Arguments: the history, the file of the log, a seed, and the mean pause between transactions in milliseconds.
 */
import { writeFileSync } from 'node:fs';
import { Prose } from '../../bench/histories/prose.js';
import { Random } from '../../bench/histories/random.js';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { AgentLog, WrittenSession } from './agent-log.js';

const [, , path = '', logFile = '', seed = '1', pause = '25'] = process.argv;

/** Sessions that an agent has in hand at a time. */
const IN_HAND = 12;

class Agent {
  readonly #writer = HistoryWriter.open(path);
  readonly #random = new Random(Number(seed));
  readonly #prose = new Prose(this.#random);
  readonly #sessions = new Map<string, WrittenSession>();
  readonly #deleted: string[] = [];
  readonly #operations: Record<string, number> = {};
  readonly #waits: number[] = [];
  readonly #failures: string[] = [];
  #made = 0;

  /** One transaction. */
  step(): void {
    const open = this.#open();
    const session = open.length === 0 ? undefined : this.#random.pick(open);
    if (session === undefined || (open.length < IN_HAND && this.#random.next() < 0.3)) {
      this.#run('begin', () => this.#begin(null, null));
      return;
    }
    const dice = this.#random.next();
    if (dice < 0.7) this.#run('append', () => this.#append(session));
    else if (dice < 0.76) this.#run('rename', () => this.#rename(session));
    else if (dice < 0.82) this.#run('end', () => this.#end(session, 'user_exit'));
    else if (dice < 0.88) this.#run('compress', () => this.#compress(session));
    else if (dice < 0.92)
      this.#run('delegate', () => this.#begin(session.id, `{"_delegate_from": "${session.id}"}`));
    else if (dice < 0.97) this.#run('rewind', () => this.#rewind(session));
    else this.#run('delete', () => this.#delete(session));
  }

  log(): AgentLog {
    this.#writer.close();
    return {
      sessions: [...this.#sessions.values()],
      deleted: this.#deleted,
      operations: this.#operations,
      waits: this.#waits,
      failures: this.#failures,
    };
  }

  #open(): WrittenSession[] {
    return [...this.#sessions.values()].filter(({ endReason }) => endReason === null);
  }

  /** What a transaction changes here is only remembered once it is committed. */
  #run(kind: string, write: () => () => void): void {
    const begun = performance.now();
    try {
      let remember = (): void => undefined;
      this.#writer.together(() => {
        remember = write();
      });
      remember();
      this.#operations[kind] = (this.#operations[kind] ?? 0) + 1;
    } catch (error) {
      this.#failures.push(`${kind}: ${String(error)}`);
    }
    this.#waits.push(performance.now() - begun);
  }

  #begin(parent: string | null, config: string | null): () => void {
    const id = `agent_${seed}_${this.#made++}`;
    this.#writer.addSession({
      id,
      source: config === null ? 'cli' : 'subagent',
      started_at: Date.now() / 1000,
      parent_session_id: parent,
      model_config: config,
      model: 'openai/gpt-5',
    });
    return () => this.#sessions.set(id, { id, title: null, endReason: null, messages: [] });
  }

  #append(session: WrittenSession): () => void {
    const content = this.#prose.text(30);
    const role = this.#random.pick(['user', 'assistant', 'assistant', 'tool'] as const);
    const id = this.#writer.addMessage({
      session_id: session.id,
      role,
      content,
      tool_name: role === 'tool' ? 'terminal' : null,
      timestamp: Date.now() / 1000,
    });
    return () => session.messages.push([id, content, true]);
  }

  #rename(session: WrittenSession): () => void {
    const title = `Agent ${seed}, title ${this.#made++}`;
    this.#set(session.id, 'title = ?', title);
    return () => (session.title = title);
  }

  #end(session: WrittenSession, reason: string): () => void {
    this.#set(session.id, 'ended_at = ?, end_reason = ?', Date.now() / 1000, reason);
    return () => (session.endReason = reason);
  }

  #compress(session: WrittenSession): () => void {
    const ended = this.#end(session, 'compression');
    const begun = this.#begin(session.id, null);
    return () => {
      ended();
      begun();
    };
  }

  #rewind(session: WrittenSession): () => void {
    const taken = session.messages.filter(([, , active]) => active).slice(-2);
    for (const [id] of taken) this.#writer.db.prepare('UPDATE messages SET active = 0 WHERE id = ?').run(id);
    this.#set(session.id, 'rewind_count = rewind_count + 1, message_count = message_count - ?', taken.length);
    return () => {
      for (const message of taken) message[2] = false;
    };
  }

  #delete(session: WrittenSession): () => void {
    const { db } = this.#writer;
    db.prepare('UPDATE sessions SET parent_session_id = NULL WHERE parent_session_id = ?').run(session.id);
    db.prepare('DELETE FROM messages WHERE session_id = ?').run(session.id);
    db.prepare('DELETE FROM sessions WHERE id = ?').run(session.id);
    return () => {
      this.#sessions.delete(session.id);
      this.#deleted.push(session.id);
    };
  }

  #set(id: string, assignments: string, ...values: readonly unknown[]): void {
    this.#writer.db.prepare(`UPDATE sessions SET ${assignments} WHERE id = ?`).run(...values, id);
  }
}

const agent = new Agent();
let isStopping = false;
process.once('SIGTERM', () => (isStopping = true));

/** Pauses are as uneven as those of somebody who types, and of several agents together. */
function next(): void {
  if (isStopping) {
    writeFileSync(logFile, JSON.stringify(agent.log()));
    return;
  }
  agent.step();
  setTimeout(next, -Math.log(1 - Math.random()) * Number(pause));
}

next();

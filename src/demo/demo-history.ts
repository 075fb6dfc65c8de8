import { randomNumbers } from './random-numbers.js';
import { HistoryWriter } from './state-db/history-writer.js';
import { CRON_SCENARIO, SCENARIOS, type Exchange, type Scenario } from './scenarios.js';

const PLATFORMS = ['cli', 'telegram', 'discord', 'slack', 'api_server', 'whatsapp'] as const;
const MODELS = ['anthropic/claude-opus-4', 'openai/gpt-5', 'google/gemini-3-pro', null] as const;
const USERS = ['ana', 'bo', 'chidi'] as const;

/** A small picture, for content that is not text. */
const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Which of every 40 conversations are compressed, delegate work, or are branched. */
const CHAIN = 7;
const DELEGATE = 11;
const BRANCH = 23;

/** Parameters of a demo history; equal values produce equal histories. */
export interface DemoOptions {
  readonly conversations: number;
  /** Epoch seconds of the newest activity. */
  readonly now: number;
  readonly seed: number;
}

/** The history of the demo, which the documentation's examples use. */
export const DEMO_HISTORY: DemoOptions = { conversations: 320, now: 1_779_278_400, seed: 2026 };

interface Plan {
  readonly number: number;
  readonly startedAt: number;
  readonly scenario: Scenario;
  readonly subject: string;
  readonly platform: string;
}

/**
 * Writes a realistic history: users with several languages, scheduled jobs, delegates, branches, long chains.
 * @returns the tip of the last compressed conversation; null if there is none.
 */
export function writeDemoHistory(path: string, options: DemoOptions): string | null {
  const writer = HistoryWriter.create(path, 30);
  const history = new DemoHistory(writer, options);
  writer.together(() => {
    history.write();
  });
  writer.close();
  return history.lastTip;
}

class DemoHistory {
  readonly #random: () => number;
  /** The tip of the last chain. */
  lastTip: string | null = null;

  constructor(
    private readonly writer: HistoryWriter,
    private readonly options: DemoOptions,
  ) {
    this.#random = randomNumbers(options.seed);
  }

  write(): void {
    for (let number = 0; number < this.options.conversations; number++)
      this.#writeConversation(this.#plan(number));
  }

  #plan(number: number): Plan {
    const { conversations, now } = this.options;
    // Ordered by age, with conversations closer together the newer they are, like growing usage.
    const age = 120 * 86_400 * Math.pow(1 - (number + 1) / conversations, 1.5);
    const scheduled = number % 6 === 5 && number % 40 !== CHAIN;
    const scenario = scheduled ? CRON_SCENARIO : this.#pick(SCENARIOS);
    return {
      number,
      startedAt: Math.round((now - 3600 - age) * 1000) / 1000,
      scenario,
      subject: this.#pick(scenario.subjects),
      platform: scenario === CRON_SCENARIO ? 'cron' : this.#pick(PLATFORMS),
    };
  }

  #writeConversation(plan: Plan): void {
    const kind = plan.number % 40;
    if (kind === CHAIN) this.#writeChain(plan);
    else this.#writeSession(plan, { id: this.#id(plan.startedAt) }, plan.scenario.exchanges);
    if (kind === DELEGATE) this.#writeDelegate(plan);
    if (kind === BRANCH) this.#writeBranch(plan);
  }

  #writeSession(
    plan: Plan,
    columns: Readonly<Record<string, string | number | null>>,
    exchanges: readonly Exchange[],
  ): number {
    const id = String(columns.id);
    const titled = plan.scenario !== CRON_SCENARIO && this.#random() < 0.7;
    const open = plan.number >= this.options.conversations - 4;
    this.writer.addSession({
      source: plan.platform,
      user_id: plan.platform === 'cli' || plan.platform === 'cron' ? null : this.#pick(USERS),
      model: this.#pick(MODELS),
      started_at: plan.startedAt,
      title: titled ? `${fill(plan.scenario.title, plan.subject)} #${plan.number + 1}` : null,
      title_source: titled ? 'llm' : null,
      archived: plan.number % 19 === 3 ? 1 : 0,
      pinned: plan.number % 47 === 5 ? 1 : 0,
      input_tokens: 800 + Math.floor(this.#random() * 40_000),
      output_tokens: 200 + Math.floor(this.#random() * 6000),
      estimated_cost_usd: Math.round(this.#random() * 9000) / 10_000,
      ...columns,
      id,
    });
    const endedAt = this.#writeExchanges(id, plan, exchanges);
    if (!open && columns.end_reason === undefined) {
      this.writer.db
        .prepare('UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id = ?')
        .run(endedAt + 60, plan.platform === 'cron' ? 'cron_complete' : 'user_exit', id);
    }
    return endedAt;
  }

  /** @returns the time of the last message, in epoch seconds. */
  #writeExchanges(sessionId: string, plan: Plan, exchanges: readonly Exchange[]): number {
    let at = plan.startedAt;
    const say = (
      role: string,
      content: string,
      more: Readonly<Record<string, string | number>> = {},
    ): void => {
      this.writer.addMessage({
        session_id: sessionId,
        role,
        content: fill(content, plan.subject),
        timestamp: at,
        ...more,
      });
      at = Math.round((at + 5 + this.#random() * 90) * 1000) / 1000;
    };
    exchanges.forEach((exchange, turn) => {
      say(
        'user',
        turn === 0 && plan.number % 31 === 9 ? withPicture(exchange.user, plan.subject) : exchange.user,
      );
      if (exchange.tool !== undefined) this.#callTool(plan, turn, exchange.tool, say);
      say('assistant', exchange.assistant, {
        finish_reason: 'stop',
        token_count: 40 + exchange.assistant.length,
      });
    });
    return at;
  }

  #callTool(
    plan: Plan,
    turn: number,
    tool: NonNullable<Exchange['tool']>,
    say: (role: string, content: string, more?: Readonly<Record<string, string | number>>) => void,
  ): void {
    const id = `call_${plan.number}_${turn}`;
    const call = {
      id,
      type: 'function',
      function: { name: tool.name, arguments: JSON.stringify({ command: fill(tool.command, plan.subject) }) },
    };
    say('assistant', '', {
      tool_calls: JSON.stringify([call]),
      finish_reason: 'tool_calls',
      reasoning: 'I should look at the facts before I answer.',
    });
    say('tool', tool.output, { tool_call_id: id, tool_name: tool.name });
  }

  /** A conversation that was compressed twice; the third session is its tip. */
  #writeChain(plan: Plan): void {
    let parent: string | null = null;
    for (let part = 0; part < 3; part++) {
      const later: Plan = { ...plan, startedAt: plan.startedAt + part * 5400 };
      const id = this.#id(later.startedAt);
      const place = { id, parent_session_id: parent };
      const ends = { title: null, ended_at: later.startedAt + 5000, end_reason: 'compression' };
      this.#writeSession(later, part < 2 ? { ...place, ...ends } : place, plan.scenario.exchanges);
      parent = id;
    }
    this.lastTip = parent;
  }

  #writeDelegate(plan: Plan): void {
    const owner = this.#newest();
    const later = { ...plan, startedAt: plan.startedAt + 30 };
    this.#writeSession(
      later,
      {
        id: this.#id(later.startedAt),
        source: 'subagent',
        title: null,
        parent_session_id: owner,
        model_config: JSON.stringify({ _delegate_from: owner }),
      },
      plan.scenario.exchanges.slice(0, 1),
    );
  }

  #writeBranch(plan: Plan): void {
    const origin = this.#newest();
    const later = { ...plan, startedAt: plan.startedAt + 900 };
    this.#writeSession(
      later,
      {
        id: this.#id(later.startedAt),
        title: null,
        parent_session_id: origin,
        model_config: JSON.stringify({ _branched_from: origin }),
      },
      plan.scenario.exchanges,
    );
  }

  #newest(): string {
    return String(
      this.writer.db.prepare('SELECT id FROM sessions ORDER BY rowid DESC LIMIT 1').pluck().get(),
    );
  }

  /** An id in Hermes's format: start time and a random part. */
  #id(startedAt: number): string {
    const digits = new Date(startedAt * 1000).toISOString().replace(/\D/g, '');
    const random = Math.floor(this.#random() * 0x1000000)
      .toString(16)
      .padStart(6, '0');
    return `${digits.slice(0, 8)}_${digits.slice(8, 14)}_${random}`;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }
}

function fill(text: string, subject: string): string {
  return text.replaceAll('{}', subject);
}

function withPicture(text: string, subject: string): string {
  const parts = [
    { type: 'text', text: `${fill(text, subject)} I attached a screenshot.` },
    { type: 'image_url', image_url: { url: PICTURE } },
  ];
  return `\u0000json:${JSON.stringify(parts)}`;
}

import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { MessageListResponse } from '../../src/sessions/dto/message-list.response.js';
import type { SessionListResponse } from '../../src/sessions/dto/session-list.response.js';
import type { SessionResponse } from '../../src/sessions/dto/session.response.js';
import { kindsOfFile } from '../support/breadth.js';
import { HistoryModel, type ModelEntry, type ModelSession } from '../support/history-model.js';
import { hour, smallHistory, withManySessions } from '../support/histories.js';
import { atLength, checkRounds, SEED } from '../support/rounds.js';
import { ORIGIN, TestServer } from '../support/server.js';
import { untilEqual } from '../support/until-equal.js';

const WORDS = ['amber', 'basalt', 'cedar', 'damask', 'ember'];
/** Only the model's own sessions have these. */
const PLATFORMS = ['model-cli', 'model-chat'];
const TITLES = ['Alpine notes', 'Basalt survey', 'Cedar list'];

/** A running server, the agent's own connection, and what both should have made of the history. */
class World {
  readonly model = new HistoryModel();
  readonly agent: HistoryWriter;
  readonly #reader: Sqlite.Database;
  #clock = hour(1000);
  #made = 0;

  constructor(
    readonly server: TestServer,
    path: string,
    private readonly isLarge: boolean,
  ) {
    this.agent = HistoryWriter.open(path);
    this.#reader = new Sqlite(path, { readonly: true });
  }

  /** Time goes on by a second whenever it is asked for. */
  now(): number {
    return ++this.#clock;
  }

  newId(): string {
    // Ids do not come in the order in which sessions begin.
    const number = this.#made++;
    return `m${(number * 7919) % 997}-${number}`;
  }

  pick(choice: number): ModelSession | undefined {
    const sessions = [...this.model.sessions.values()];
    return sessions[choice % Math.max(1, sessions.length)];
  }

  url(session: ModelSession): string {
    return `/v1/sessions/${encodeURIComponent(session.id)}`;
  }

  add(session: Pick<ModelSession, 'source' | 'parent' | 'marker'> & Partial<ModelSession>): ModelSession {
    const { source, parent, marker, markedFrom = parent } = session;
    const id = this.newId();
    const startedAt = this.now();
    this.agent.addSession({
      id,
      source,
      started_at: startedAt,
      parent_session_id: parent,
      model_config: marker === null ? null : JSON.stringify({ [marker]: markedFrom }),
    });
    const added: ModelSession = {
      id,
      source,
      marker,
      markedFrom,
      startedAt,
      parent,
      endedAt: null,
      endReason: null,
      title: null,
      archived: false,
      pinned: false,
      messages: [],
    };
    this.model.sessions.set(id, added);
    return added;
  }

  /** Ends a session and begins what it lives on in, which has its source and markers. */
  compress(session: ModelSession, continuations = 1): ModelSession {
    this.end(session, 'compression');
    const { id: parent, source, marker, markedFrom } = session;
    const added = Array.from({ length: continuations }, () =>
      this.add({ source, parent, marker, markedFrom }),
    );
    return added.at(-1) ?? session;
  }

  append(session: ModelSession, role: string, content: string): void {
    const at = this.now();
    const id = this.agent.addMessage({ session_id: session.id, role, content, timestamp: at });
    session.messages.push({ id, role, content, at, active: true });
  }

  end(session: ModelSession, reason: string): void {
    session.endedAt = this.now();
    session.endReason = reason;
    this.agent.db
      .prepare('UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id = ?')
      .run(session.endedAt, reason, session.id);
  }

  /** The API, the model and the file agree. */
  async check(): Promise<void> {
    this.#checkFile();
    await this.#checkList();
    const word = WORDS[this.#made % WORDS.length] ?? '';
    const found = await this.server.json<SessionListResponse>(`/v1/sessions?search=${word}&limit=200`);
    expect(new Set(found.data.map(({ id }) => id))).toEqual(this.model.found(word));
    const session = this.pick(this.#clock);
    if (session !== undefined) await this.#checkSession(session);
  }

  async prune(body: object): Promise<Prune> {
    const response = await this.server.post('/v1/sessions/prune', body);
    expect([response.status, response.body]).toEqual([200, expect.anything()]);
    return response.body as Prune;
  }

  close(): void {
    this.agent.close();
    this.#reader.close();
  }

  /** In a large history, what an agent alone changes in a session's row may reach the list half a second later. */
  get #mayLag(): boolean {
    return this.isLarge || this.model.sessions.size > 200;
  }

  async #checkList(): Promise<void> {
    const expected = this.model.list();
    const look = async (): Promise<readonly unknown[]> => {
      const { data } = await this.server.json<SessionListResponse>('/v1/sessions?limit=200');
      return data.filter(({ id }) => this.model.sessions.has(id)).map(pickEntry);
    };
    if (this.#mayLag) await untilEqual(look, expected);
    else expect(await look()).toEqual(expected);
  }

  async #checkSession(session: ModelSession): Promise<void> {
    const root = this.model.rootOf(session);
    expect(await this.server.json(this.url(session))).toMatchObject({
      title: session.title,
      archived: session.archived,
      pinned: session.pinned,
      parent_session_id: session.parent,
      end_reason: session.endReason,
      root_session_id: root.id,
      child_session_ids: [...this.model.children(session.id)].map(({ id }) => id),
      tip_session_id: this.model.chain(session).at(-1)?.id,
    });
    const { data } = await this.server.json<MessageListResponse>(`${this.url(session)}/messages?limit=500`);
    const kept = session.messages.filter(({ active }) => active);
    expect(data.map(({ id, content }) => [id, content])).toEqual(
      kept.map(({ id, content }) => [id, content]),
    );
  }

  #checkFile(): void {
    const rows = this.#reader
      .prepare(
        `SELECT id, title, parent_session_id AS parent, end_reason AS endReason, archived, pinned,
          (SELECT count(*) FROM messages m WHERE m.session_id = s.id) AS messages FROM sessions s
          WHERE id GLOB 'm[0-9]*' ORDER BY started_at`,
      )
      .all();
    expect(rows).toEqual(
      [...this.model.sessions.values()].map(
        ({ id, title, parent, endReason, archived, pinned, messages }) => ({
          id,
          title,
          parent,
          endReason,
          archived: Number(archived),
          pinned: Number(pinned),
          messages: messages.length,
        }),
      ),
    );
  }
}

function pickEntry(
  entry: SessionResponse,
): Omit<ModelEntry, 'last_active_at'> & { last_active_at: string | null } {
  const { id, title, root_session_id, chain_length, turn_count, archived, pinned, last_active_at, preview } =
    entry;
  return { id, title, root_session_id, chain_length, turn_count, archived, pinned, last_active_at, preview };
}

/** One step; `choice` says on which session. */
class Step implements fc.AsyncCommand<object, World> {
  constructor(
    private readonly name: string,
    private readonly choice: number,
    private readonly take: (world: World, session: ModelSession) => unknown,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_model: object, world: World): Promise<void> {
    const session = world.pick(this.choice);
    if (session === undefined) world.add({ source: 'model-cli', parent: null, marker: null });
    else await this.take(world, session);
    await world.server.settled();
    await world.check();
  }

  toString(): string {
    return `${this.name}(${this.choice})`;
  }
}

const choice = fc.nat(1000);

function steps(
  name: string,
  take: (world: World, session: ModelSession, detail: number) => unknown,
): fc.Arbitrary<Step> {
  return fc
    .tuple(choice, choice)
    .map(
      ([which, detail]) =>
        new Step(`${name} ${detail}`, which, (world, session) => take(world, session, detail)),
    );
}

const pickOf = <T>(items: readonly T[], detail: number): T => items[detail % items.length] as T;

const AGENT_STEPS = [
  steps('the agent begins a session', (world, _session, detail) => {
    world.add({ source: pickOf(PLATFORMS, detail), parent: null, marker: null });
  }),
  steps('the agent begins a child', (world, session, detail) => {
    const [source, marker] = pickOf(
      [
        ['model-cli', '_branched_from'],
        ['subagent', '_delegate_from'],
        ['model-chat', '_reset_from'],
        ['tool', null],
        ['model-cli', null],
      ] as const,
      detail,
    );
    world.add({ source, marker, parent: session.id });
  }),
  ...Array.from({ length: 3 }, () =>
    steps('the agent appends', (world, session, detail) => {
      const words = `${pickOf(WORDS, detail)} ${pickOf(WORDS, detail >> 2)} ${detail}`;
      world.append(session, pickOf(['user', 'assistant', 'tool'], detail >> 4), words);
    }),
  ),
  steps('the agent ends a session', (world, session) => {
    world.end(session, 'user_exit');
  }),
  ...Array.from({ length: 2 }, () =>
    steps('the agent compresses', (world, session, detail) => {
      // Now and then two processes do it at the same time.
      world.agent.together(() => world.compress(session, detail % 4 === 0 ? 2 : 1));
    }),
  ),
  steps('the agent goes on for months', (world, session, detail) => {
    if (world.model.sessions.size > 300) return;
    world.agent.together(() => {
      let tip = session;
      for (let times = 0; times < 101 + (detail % 20); times++) tip = world.compress(tip);
    });
  }),
  steps('the agent rewinds', (world, session, detail) => {
    world.agent.together(() => {
      for (const message of session.messages.slice(-1 - (detail % 3))) {
        message.active = false;
        world.agent.db.prepare('UPDATE messages SET active = 0 WHERE id = ?').run(message.id);
      }
      world.agent.db
        .prepare('UPDATE sessions SET rewind_count = rewind_count + 1 WHERE id = ?')
        .run(session.id);
    });
  }),
  steps('the agent archives', (world, session, detail) => {
    session.archived = detail % 2 === 0;
    world.agent.db
      .prepare('UPDATE sessions SET archived = ? WHERE id = ?')
      .run(Number(session.archived), session.id);
  }),
  steps('the agent deletes', (world, session) => {
    const gone = world.model.delete(session);
    world.agent.together(() => {
      for (const id of gone) {
        world.agent.db
          .prepare('UPDATE sessions SET parent_session_id = NULL WHERE parent_session_id = ?')
          .run(id);
        world.agent.db.prepare('DELETE FROM messages WHERE session_id = ?').run(id);
        world.agent.db.prepare('DELETE FROM sessions WHERE id = ?').run(id);
      }
    });
  }),
];

/** What a clean-up says that it would take, and what it took. */
interface Prune {
  readonly plan: string;
  readonly messages: number;
  readonly failed: readonly unknown[];
}

const CLIENT_STEPS = [
  steps('a client cleans up', async (world, _session, detail) => {
    const before = world.now() - (detail % 50);
    const criteria = { last_active_before: new Date(before * 1000).toISOString(), platform: PLATFORMS };
    const old = new Set(world.model.old(before, PLATFORMS));
    const messages = [...old].reduce((sum, session) => sum + session.messages.length, 0);
    const { plan, ...told } = await world.prune(criteria);
    expect(told.messages).toBe(messages);
    expect(await world.prune({ ...criteria, dry_run: false, plan })).toMatchObject({ messages, failed: [] });
    world.model.remove([...old].map(({ id }) => id));
  }),
  ...Array.from({ length: 2 }, () =>
    steps('a client renames', async (world, session, detail) => {
      const title = pickOf([...TITLES, null], detail);
      const { status } = await world.server.patch(world.url(session), { title });
      expect(status).toBe(world.model.rename(session, title) ? 200 : 409);
    }),
  ),
  steps('a client sets a flag', async (world, session, detail) => {
    const flag = pickOf(['archived', 'pinned'] as const, detail);
    const value = detail % 3 !== 0;
    expect((await world.server.patch(world.url(session), { [flag]: value })).status).toBe(200);
    world.model.flag(session, flag, value);
  }),
  steps('a client deletes', async (world, session) => {
    const gone = world.model.delete(session);
    const { status, body } = await world.server.delete(world.url(session));
    expect([status, new Set((body as { deleted_session_ids: string[] }).deleted_session_ids)]).toEqual([
      200,
      new Set(gone),
    ]);
    expect((await world.server.get(world.url(session))).status).toBe(404);
  }),
];

const HISTORIES = [
  ['a small history', false, 40],
  ['a large history', true, 25],
] as const;

/**
 * Each round of a short run as a test of its own: a busy machine takes minutes for one of them.
 * @param most rounds of a long run.
 * @returns for each test its seed, and how many rounds it has in a long run.
 */
function shares(most: number): readonly (readonly [seed: number, share: number])[] {
  const short = Array.from({ length: Math.ceil(most / 10) }, (_, at) => [SEED + at, 10] as const);
  return atLength([[SEED, most] as const], short);
}

describe.each(kindsOfFile(HISTORIES, HISTORIES.slice(0, 1)))(
  'on %s, whatever an agent and clients do',
  (_name, isLarge, most) => {
    // By way of a database, every step waits until it has arrived.
    const runs = ORIGIN === null ? most : Math.ceil(most / 2);

    it.each(shares(runs))(
      'the API, the rules and the file agree after each step, from seed %d on',
      async (seed, share) => {
        await checkRounds(
          fc.asyncProperty(
            fc.commands([...AGENT_STEPS, ...CLIENT_STEPS], { maxCommands: 60, size: 'max' }),
            async (commands) => {
              const path = smallHistory(25, 'wal');
              if (isLarge) withManySessions(path);
              const server = await TestServer.start(path);
              const world = new World(server, path, isLarge);
              try {
                await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
              } finally {
                world.close();
                await server.close();
              }
            },
          ),
          share,
          { endOnFailure: true, seed },
        );
      },
    );
  },
);

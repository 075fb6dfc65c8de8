import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { TestListener } from '../support/listener.js';
import { TestServer } from '../support/server.js';

/** What an agent does, of which session something is told then, and which of its fields are others. */
const DEEDS: readonly (readonly [
  what: string,
  id: string,
  act: (agent: HistoryWriter) => void,
  changed: readonly string[],
])[] = [
  [
    'an answer',
    'plain',
    (agent) => {
      say(agent, 'plain', 'assistant', 'Water them at night.', hour(60));
    },
    ['last_active_at', 'message_count'],
  ],
  [
    'another question',
    'plain',
    (agent) => {
      say(agent, 'plain', 'user', 'And the basil?', hour(61));
    },
    ['last_active_at', 'turn_count', 'message_count'],
  ],
  [
    'a question and its answer in a chain',
    'chain-3',
    (agent) => {
      say(agent, 'chain-3', 'user', 'Who reads the letter?', hour(62));
      say(agent, 'chain-3', 'assistant', 'Nobody.', hour(63));
    },
    ['last_active_at', 'turn_count', 'message_count'],
  ],
  [
    'the first question',
    'empty',
    (agent) => {
      say(agent, 'empty', 'user', 'Is anybody there?', hour(64));
    },
    ['last_active_at', 'turn_count', 'message_count', 'preview'],
  ],
  [
    'what was used',
    'plain',
    ({ db }) => {
      db.exec("UPDATE sessions SET input_tokens = 7000, actual_cost_usd = 2 WHERE id = 'plain'");
    },
    ['usage'],
  ],
  [
    'another title of the first session of a chain',
    'chain-3',
    ({ db }) => {
      db.exec("UPDATE sessions SET title = 'The lighthouse' WHERE id = 'chain-1'");
    },
    ['title'],
  ],
];

describe('what a listener is told that changed', () => {
  let server: TestServer;
  let agent: HistoryWriter;
  let listener: TestListener;

  beforeEach(async () => {
    const path = smallHistory(25);
    server = await TestServer.start(path);
    agent = HistoryWriter.open(path);
  });

  afterEach(async () => {
    listener.leave();
    agent.close();
    await server.close();
  });

  /** What is told of a session next, where it is not added or gone. */
  const updateOf = async (id: string, act: (agent: HistoryWriter) => void): Promise<readonly string[]> => {
    const heard = listener.heard.length;
    agent.together(() => {
      act(agent);
    });
    const told = (): TestListener['heard'][number] | undefined =>
      listener.heard.slice(heard).find((event) => event.session_id === id && event.changed !== undefined);
    await listener.until(() => told() !== undefined);
    return told()?.changed ?? [];
  };

  it.each(DEEDS)('is %s', async (_what, id, act, changed) => {
    listener = await TestListener.to(server, '/v1/sessions/events');
    expect(await updateOf(id, act)).toEqual(changed);
  });

  it('are the turns where a question was taken back', async () => {
    listener = await TestListener.to(server, '/v1/sessions/events');
    await updateOf('plain', () => {
      say(agent, 'plain', 'user', 'Never mind', hour(60));
    });
    const changed = await updateOf('plain', ({ db }) => {
      db.exec(`UPDATE messages SET active = 0 WHERE content = 'Never mind';
        UPDATE sessions SET rewind_count = rewind_count + 1 WHERE id = 'plain'`);
    });
    expect(changed).toContain('turn_count');
  });

  it.each([
    ['rewound', "UPDATE messages SET active = 0 WHERE content = 'Water them at night.'"],
    ['deleted', "DELETE FROM messages WHERE content = 'Water them at night.'"],
  ])('are what depends on messages where an answer was %s', async (_how, sql) => {
    listener = await TestListener.to(server, '/v1/sessions/events');
    const transcript = await TestListener.to(server, '/v1/sessions/plain/events');
    await updateOf('plain', () => {
      say(agent, 'plain', 'assistant', 'Water them at night.', hour(60));
      say(agent, 'plain', 'user', 'And the basil?', hour(61));
    });
    const changed = await updateOf('plain', ({ db }) => db.exec(sql));
    expect(changed).toEqual(expect.arrayContaining(['turn_count', 'preview']));
    await transcript.until((events) => events.some(({ changed: fields }) => fields?.includes('preview')));
    transcript.leave();
  });

  it('is told by the title that the list shows of a chain', async () => {
    listener = await TestListener.to(server, '/v1/sessions/events?title=Novel%20draft');
    const changed = await updateOf('chain-3', () => {
      say(agent, 'chain-3', 'assistant', 'The keeper himself.', hour(60));
    });
    expect(changed).toEqual(['last_active_at', 'message_count']);
  });
});

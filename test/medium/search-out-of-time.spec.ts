import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { Deadline, DeadlineError } from '../../src/sessions/search/deadline.js';
import { HistorySearch, type SearchFindings } from '../../src/stores/hermes/search/history-search.js';
import { hour, say, smallHistory } from '../support/histories.js';
import { openIndexed } from '../support/indexed-history.js';

/** Is over once it was looked at so many times. */
class CountedDeadline extends Deadline {
  constructor(private looks: number) {
    super(60_000);
  }

  override check(): void {
    if (this.looks-- <= 0) throw new DeadlineError('out of time');
  }
}

describe('a search that runs out of time', () => {
  function find(change: string, text: string, looks: number): SearchFindings | undefined {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'pears', source: 'cli', started_at: hour(40) });
    for (let at = 0; at < 10; at++) say(writer, 'pears', 'user', `a pear, 梨 ${at}`, hour(40) + at);
    writer.db.unsafeMode(true);
    writer.db.exec(change);
    writer.close();
    const { reader, layout } = openIndexed(path);
    const deadline = new CountedDeadline(looks);
    const search = new HistorySearch(reader, layout);
    const filter = { access: {}, search: text, archived: 'any', includeChildren: false } as const;
    const request = { filter, sort: 'relevance', limit: 20, start: { offset: 0 } } as const;
    try {
      return search.find({ text, request, every: 1, profile: 'default', supplement: undefined, deadline });
    } finally {
      reader.db.close();
    }
  }

  const damage = 'UPDATE messages_fts_data SET block = zeroblob(length(block)) WHERE id > 10';
  const newest = 28;

  it('in the place of a damaged index has found the newest, and says that there may be more', () => {
    const found = find(damage, 'pear', 3);
    expect(found?.entries).toMatchObject([{ id: 'pears', message_id: newest }]);
    expect(found?.incomplete).toBe(true);
  });

  it('has failed where it was known that no index would answer', () => {
    expect(() => find('', '梨', 3)).toThrow(DeadlineError);
  });
});

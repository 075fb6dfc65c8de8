import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour, say } from './histories.js';
import { temporaryFolder } from './server.js';

/** A history without a search index and with so much text that a search among words with the same beginning takes far longer than 100 ms. */
export function slowHistory(messages = 60): string {
  const path = join(temporaryFolder(), 'state.db');
  const writer = HistoryWriter.create(path, 6);
  for (const event of ['insert', 'delete', 'update']) writer.db.exec(`DROP TRIGGER messages_fts_${event}`);
  writer.db.exec('DROP TABLE messages_fts');
  writer.together(() => {
    writer.addSession({ id: 'long', source: 'cli', started_at: hour(1), title: 'Long words' });
    const text = 'many haystacks that nobody ever looks for '.repeat(10_000);
    for (let number = 0; number < messages; number++) say(writer, 'long', 'user', text, hour(1) + number);
    say(writer, 'long', 'user', 'a needle', hour(2));
  });
  writer.close();
  return path;
}

import type { ExportRecord } from './export-record.js';

/** JSON Lines: an object for each session and for each message, told apart by `object`. */
export async function* toJsonLines(records: AsyncIterable<ExportRecord>): AsyncGenerator<string> {
  for await (const record of records) {
    const lines = record.kind === 'session' ? [record.session] : record.messages;
    for (const line of lines) yield `${JSON.stringify(line)}\n`;
  }
}

/** One JSON document: `sessions`, each with its `messages`. */
export async function* toJsonDocument(records: AsyncIterable<ExportRecord>): AsyncGenerator<string> {
  yield '{"object":"hermes.session.export","sessions":[';
  let sessions = 0;
  let messages = 0;
  for await (const record of records) {
    if (record.kind === 'session') {
      yield `${sessions++ === 0 ? '' : ']},'}\n${JSON.stringify(record.session).slice(0, -1)},"messages":[`;
      messages = 0;
    } else {
      for (const message of record.messages)
        yield `${messages++ === 0 ? '' : ','}\n${JSON.stringify(message)}`;
    }
  }
  yield `${sessions === 0 ? '' : ']}'}]}\n`;
}

import { toMessageResponse, toSessionDetailResponse } from '../sessions/session-presenter.js';
import type { ExportRecord } from './export-record.js';

/** JSON Lines: one object per session and per message, distinguished by `object`. */
export async function* toJsonLines(
  records: AsyncIterable<ExportRecord>,
  includeInactive: boolean,
): AsyncGenerator<string> {
  for await (const record of records) {
    const lines =
      record.kind === 'session'
        ? [toSessionDetailResponse(record.session)]
        : record.messages.map((message) => toMessageResponse(message, { lineage: true, includeInactive }));
    for (const line of lines) yield `${JSON.stringify(line)}\n`;
  }
}

/** A single JSON document: `sessions`, each with its `messages`. */
export async function* toJsonDocument(
  records: AsyncIterable<ExportRecord>,
  includeInactive: boolean,
): AsyncGenerator<string> {
  yield '{"object":"hermes.session.export","sessions":[';
  let sessions = 0;
  let messages = 0;
  for await (const record of records) {
    if (record.kind === 'session') {
      const session = JSON.stringify(toSessionDetailResponse(record.session));
      yield `${sessions++ === 0 ? '' : ']},'}\n${session.slice(0, -1)},"messages":[`;
      messages = 0;
    } else {
      for (const message of record.messages) {
        const shown = toMessageResponse(message, { lineage: true, includeInactive });
        yield `${messages++ === 0 ? '' : ','}\n${JSON.stringify(shown)}`;
      }
    }
  }
  yield `${sessions === 0 ? '' : ']}'}]}\n`;
}

import type { Message } from '../../domain/message.js';
import { toMessage, type DashboardObject } from './dashboard.presenter.js';

/** The JSON of a session with all its messages, in pieces: as a whole it may exceed the maximum string length. */
export async function* toExport(
  session: DashboardObject,
  pages: AsyncIterable<readonly Message[]>,
): AsyncGenerator<string> {
  const { messages: _, ...row } = session;
  yield `${JSON.stringify(row).slice(0, -1)},"messages":[`;
  let written = 0;
  for await (const messages of pages) {
    for (const message of messages)
      yield `${written++ === 0 ? '' : ','}${JSON.stringify(toMessage(message))}`;
  }
  yield ']}';
}

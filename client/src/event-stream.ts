/** One event of a stream of Server-Sent Events. */
export interface StreamedEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * Parses Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html, "Interpreting an event stream"), as `EventSource` does,
 * which cannot send a key.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamedEvent> {
  let id: string | undefined;
  let data: string[] = [];
  for await (const line of linesOf(body)) {
    if (line === '') {
      if (data.length > 0) yield { id, data: data.join('\n') };
      data = [];
      continue;
    }
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      // A `\r` at the end of a chunk may be followed by `\n` in the next one.
      const lines = text.split(/\r\n|\n|\r(?!$)/);
      text = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    // Close the connection when the reader stops early.
    await reader.cancel().catch(() => undefined);
  }
}

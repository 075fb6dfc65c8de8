import type { HermesSessions, ListQuery, SessionAddress, SessionResponse } from '@hermes-sessions/client';

/** A line of the view. */
export interface ConversationLine {
  readonly id: string;
  /** The history of the conversation: several histories can have sessions with the same id. */
  readonly place: SessionAddress;
  readonly label: string;
  /** Shown after the label: the platform, and the time since the last activity. */
  readonly description: string;
  readonly tooltip: string;
}

/** The content of the view, independent of the editor: the newest conversations, or those that match a search. */
export class ConversationList {
  #search: string | undefined;

  constructor(
    private readonly history: HermesSessions,
    private readonly limit = 50,
  ) {}

  /** Sets the search text; undefined or empty shows all conversations. */
  set search(text: string | undefined) {
    this.#search = text === '' ? undefined : text;
  }

  async lines(now: number): Promise<readonly ConversationLine[]> {
    const search = this.#search;
    const query: ListQuery = { limit: this.limit, ...(search === undefined ? {} : { search }) };
    const { data } = await this.history.list(query);
    return data.map((session) => toLine(session, now));
  }

  /** A conversation as Markdown, including all earlier sessions of its compression chain. */
  async markdown({ id, place }: Pick<ConversationLine, 'id' | 'place'>): Promise<string> {
    const stream = await this.history.export(id, { format: 'markdown', lineage: true, ...place });
    return new Response(stream).text();
  }

  /** Calls `onChange` at each event, until the signal aborts. */
  async follow(onChange: () => void, signal: AbortSignal): Promise<void> {
    for await (const _event of this.history.events({}, { signal })) onChange();
  }
}

function toLine(session: SessionResponse, now: number): ConversationLine {
  const { id, profile, origin, title, preview, platform, turn_count: turns } = session;
  return {
    id,
    place: { profile, ...(origin === null ? {} : { origin }) },
    label: title ?? (preview === '' ? id : preview),
    description: `${platform}, ${ageOf(session.last_active_at, now)}`,
    tooltip: `${String(turns)} turns · ${session.model ?? 'unknown model'}`,
  };
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** The time since an instant, in words. @param now epoch milliseconds. */
function ageOf(time: string | null, now: number): string {
  if (time === null) return 'some time ago';
  const seconds = (now - Date.parse(time)) / 1000;
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const [unit, length] of UNITS)
    if (seconds >= length) return words.format(-Math.floor(seconds / length), unit);
  return 'just now';
}

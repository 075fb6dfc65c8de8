import { Random } from '../../bench/histories/random.js';
import { SEARCH_WORDS } from '../../bench/histories/prose.js';
import { TEST_KEY } from '../support/test-key.js';

/** How a request ended: a status with the error's code where there is one, or that the server was gone. */
type Outcome = string;

/** How a session that only one client changes must stand at the end. */
export interface ExpectedSession {
  /** Titles that it may have; several where the server was killed before it answered. */
  titles: (string | null)[];
  archived: boolean[];
  /** Whether it may, or must, be gone. */
  gone: 'no' | 'maybe' | 'yes';
}

/** Sends requests without a pause, and counts how they ended. */
export class Client {
  /** Requests by kind and outcome. */
  readonly outcomes: Record<string, number> = {};
  readonly expected = new Map<string, ExpectedSession>();
  readonly #random: Random;
  readonly #signal = new AbortController();
  #made = 0;

  /**
   * @param url where the server is now; a server that was killed comes back elsewhere.
   * @param pool sessions that this client alone changes.
   */
  constructor(
    private readonly url: () => string,
    private readonly seed: number,
    private readonly pool: readonly { readonly id: string; readonly title: string | null }[],
  ) {
    this.#random = new Random(seed);
    for (const { id, title } of pool)
      this.expected.set(id, { titles: [title], archived: [false], gone: 'no' });
  }

  stop(): void {
    this.#signal.abort();
  }

  /** Reads whatever dashboards and plugins read, until it is stopped. */
  async read(ids: readonly string[]): Promise<void> {
    while (!this.#signal.signal.aborted) {
      const id = encodeURIComponent(this.#random.pick(ids));
      const path = this.#random.pick([
        '/v1/sessions?limit=20',
        `/v1/sessions?limit=20&offset=${this.#random.below(500)}&archived=any`,
        `/v1/sessions?search=${this.#random.pick(Object.values(SEARCH_WORDS))}`,
        `/v1/sessions?platform=cli&limit=5`,
        `/v1/sessions/${id}`,
        `/v1/sessions/${id}/messages?limit=50&lineage=true`,
      ]);
      await this.#send('read', 'GET', path);
    }
  }

  /** Renames, archives and deletes the sessions of its pool, until it is stopped or none is left. */
  async change(): Promise<void> {
    while (!this.#signal.signal.aborted) {
      const left = this.pool.filter(({ id }) => this.expected.get(id)?.gone === 'no');
      const session = left.length === 0 ? undefined : this.expected.get(this.#random.pick(left).id);
      const id = [...this.expected].find(([, expected]) => expected === session)?.[0];
      if (session === undefined || id === undefined) return;
      const dice = this.#random.next();
      if (dice < 0.6) await this.#rename(id, session);
      else if (dice < 0.97) await this.#archive(id, session);
      else await this.#delete(id, session);
    }
  }

  async #rename(id: string, session: ExpectedSession): Promise<void> {
    const title = `Client ${this.seed}, title ${this.#made++}`;
    const outcome = await this.#send('rename', 'PATCH', `/v1/sessions/${id}`, { title });
    if (outcome === '200') session.titles = [title];
    else if (outcome === 'aborted') session.titles.push(title);
  }

  async #archive(id: string, session: ExpectedSession): Promise<void> {
    const archived = this.#random.next() < 0.5;
    const outcome = await this.#send('archive', 'PATCH', `/v1/sessions/${id}`, { archived });
    if (outcome === '200') session.archived = [archived];
    else if (outcome === 'aborted') session.archived.push(archived);
  }

  async #delete(id: string, session: ExpectedSession): Promise<void> {
    const outcome = await this.#send('delete', 'DELETE', `/v1/sessions/${id}`);
    if (outcome === '200') session.gone = 'yes';
    else if (outcome === 'aborted') session.gone = 'maybe';
  }

  async #send(kind: string, method: string, path: string, body?: object): Promise<Outcome> {
    const outcome = await this.#outcomeOf(method, path, body);
    const key = `${kind} ${outcome}`;
    this.outcomes[key] = (this.outcomes[key] ?? 0) + 1;
    // A server that was killed needs a moment to come back.
    if (outcome === 'aborted') await new Promise((next) => setTimeout(next, 20));
    return outcome;
  }

  async #outcomeOf(method: string, path: string, body?: object): Promise<Outcome> {
    try {
      const response = await fetch(`${this.url()}${path}`, {
        method,
        headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const answer = (await response.json()) as { readonly error?: { readonly code: string } };
      return answer.error === undefined ? String(response.status) : `${response.status} ${answer.error.code}`;
    } catch {
      return 'aborted';
    }
  }
}

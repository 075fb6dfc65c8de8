import { UriTemplate } from '@modelcontextprotocol/server';

/** Addresses of sessions, with an optional history in the query. The library's own template requires all query parameters. */
export class SessionTemplate extends UriTemplate {
  constructor(private readonly path: string) {
    super(`${path}{?profile,origin}`);
  }

  override match(uri: string): ReturnType<UriTemplate['match']> {
    const [path = '', query = ''] = uri.split('?', 2);
    const { id } = new UriTemplate(this.path).match(path) ?? {};
    if (id === undefined) return null;
    const history = Object.fromEntries(new URLSearchParams(query));
    return Object.keys(history).every((name) => name === 'profile' || name === 'origin')
      ? { ...history, id }
      : null;
  }
}

import { UriTemplate } from '@modelcontextprotocol/server';

/** Addresses of sessions, with their history where an id is in several; a template of the library wants all of a query. */
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

import type { HostCredentials } from './host-roles.js';

/** A database URL: credentials, location and parameters. `URL` cannot parse one without a host. */
const ADDRESS = /^(postgres(?:ql)?:\/\/)(?:[^/?#]*@)?([^?#]*)(?:\?([^#]*))?/;

/**
 * The database URL for a host: the given URL with the host's role and password. Other credentials are removed, also from the parameters,
 * where `user` and `password` override those in front of the host name
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS).
 */
export function hostAddress(url: string, { role, password }: HostCredentials): string {
  const [, scheme = '', place = '', query = ''] = ADDRESS.exec(url) ?? [];
  const parameters = new URLSearchParams(query);
  for (const name of ['user', 'password']) parameters.delete(name);
  const hasHost = !place.startsWith('/') && place !== '';
  if (!hasHost) {
    parameters.set('user', role);
    parameters.set('password', password);
  }
  // Some parsers read a plus as a space, others as a plus.
  const end = parameters.size === 0 ? '' : `?${parameters.toString().replaceAll('+', '%20')}`;
  return `${scheme}${hasHost ? `${role}:${password}@` : ''}${place}${end}`;
}

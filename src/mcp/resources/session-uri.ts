import { historyOf, type Address } from '../address.js';

/** The address of a session as a resource. Any text is a legal id. */
export function sessionUri(address: Address): string {
  return `${pathOf(address)}${queryOf(address)}`;
}

/** That of its transcript. */
export function transcriptUri(address: Address): string {
  return `${pathOf(address)}/transcript${queryOf(address)}`;
}

function pathOf({ id }: Address): string {
  return `hermes://sessions/${encodeURIComponent(id)}`;
}

function queryOf(address: Address): string {
  const history = new URLSearchParams(historyOf(address)).toString();
  return history === '' ? '' : `?${history}`;
}

/** The id in a variable of a template, which comes as it stands in the address; undefined for what is no address of one. */
export function idOf(variable: string | readonly string[] | undefined): string | undefined {
  if (typeof variable !== 'string') return undefined;
  try {
    return decodeURIComponent(variable);
  } catch {
    return undefined;
  }
}

/** The session whose address, or whose transcript's, this is; undefined for any other. */
export function sessionOfUri(uri: string): string | undefined {
  const [, variable] = /^hermes:\/\/sessions\/([^/?#]+)(?:\/transcript)?(?:\?[^#]*)?$/.exec(uri) ?? [];
  return idOf(variable);
}

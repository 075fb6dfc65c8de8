import { historyOf } from '../../domain/access.js';
import type { Address } from '../address.js';

/** The resource address of a session. Any text is a legal id. */
export function sessionUri(address: Address): string {
  return `${pathOf(address)}${queryOf(address)}`;
}

/** The resource address of a session's transcript. */
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

/** Decodes the id in a template variable, which is still percent-encoded; undefined if it is malformed. */
export function idOf(variable: string | readonly string[] | undefined): string | undefined {
  if (typeof variable !== 'string') return undefined;
  try {
    return decodeURIComponent(variable);
  } catch {
    return undefined;
  }
}

/** The session id in the address of a session or transcript; undefined for other addresses. */
export function sessionOfUri(uri: string): string | undefined {
  const [, variable] = /^hermes:\/\/sessions\/([^/?#]+)(?:\/transcript)?(?:\?[^#]*)?$/.exec(uri) ?? [];
  return idOf(variable);
}

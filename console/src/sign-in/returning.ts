import { texts } from '../language/language.js';
import { keepAccess, type Access } from './access.js';
import { cameByLink, enterByLink } from './entering.js';

/**
 * Lets in whoever comes back from the issuer, or by a link that signs in.
 * @returns what went wrong, in words; undefined where nothing did, or nobody comes so.
 */
export async function letIn(): Promise<string | undefined> {
  try {
    const access = await arrive();
    if (access !== undefined) keepAccess(access);
    return undefined;
  } catch (error) {
    return texts().signIn.failed(error instanceof Error ? error.message : String(error));
  }
}

async function arrive(): Promise<Access | undefined> {
  if (cameByLink()) return enterByLink();
  const parameters = new URLSearchParams(location.search);
  if (!parameters.has('state') || !(parameters.has('code') || parameters.has('error'))) return undefined;
  const { returnFromIssuer } = await import('./issuer.js');
  return returnFromIssuer();
}

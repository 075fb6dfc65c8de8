import { texts } from '../language/language.js';
import { keepAccess, type Access } from './access.js';
import { cameByLink, enterByLink } from './entering.js';

/**
 * Completes a sign-in at the issuer, or by a sign-in link.
 * @returns an error message; undefined if it succeeded, or there is none to complete.
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

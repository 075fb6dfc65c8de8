import { keepAccess } from './access.js';

/**
 * Lets in whoever comes back from the issuer.
 * @returns what went wrong, in words; undefined where nothing did, or nobody comes back.
 */
export async function letIn(): Promise<string | undefined> {
  const parameters = new URLSearchParams(location.search);
  if (!parameters.has('state') || !(parameters.has('code') || parameters.has('error'))) return undefined;
  try {
    const { returnFromIssuer } = await import('./issuer.js');
    keepAccess(await returnFromIssuer());
    return undefined;
  } catch (error) {
    return `The sign-in did not succeed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

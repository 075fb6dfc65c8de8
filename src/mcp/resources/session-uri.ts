/** The address of a session as a resource. Any text is a legal id. */
export function sessionUri(id: string): string {
  return `hermes://sessions/${encodeURIComponent(id)}`;
}

/** That of its transcript. */
export function transcriptUri(id: string): string {
  return `${sessionUri(id)}/transcript`;
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
  const [, variable] = /^hermes:\/\/sessions\/([^/?#]+)(?:\/transcript)?$/.exec(uri) ?? [];
  return idOf(variable);
}

/**
 * The Content-Security-Policy of the console: what its own files may do, and nothing else may. No inline script or style, no foreign
 * host, no frame around it.
 * @param tokenEndpoint of the issuer where people sign in; the only other host that the page may talk to.
 */
export function consolePolicy(tokenEndpoint?: string): string {
  const hosts = tokenEndpoint === undefined ? [] : [new URL(tokenEndpoint).origin];
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    // Recordings that are part of a message.
    'media-src data:',
    `connect-src ${["'self'", ...hosts].join(' ')}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

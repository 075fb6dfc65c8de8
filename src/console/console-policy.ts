/**
 * The Content-Security-Policy of the console: only its own files, no inline scripts or styles, no foreign hosts, no framing.
 * @param tokenEndpoint the issuer's token endpoint, the only other host that the page may connect to.
 */
export function consolePolicy(tokenEndpoint?: string): string {
  const hosts = tokenEndpoint === undefined ? [] : [new URL(tokenEndpoint).origin];
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    // Audio and video embedded in messages.
    'media-src data:',
    `connect-src ${["'self'", ...hosts].join(' ')}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

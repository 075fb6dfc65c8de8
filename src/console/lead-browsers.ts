import type { FastifyInstance } from 'fastify';
import type { Settings } from '../config/settings.js';
import { sendError } from '../http/error.filter.js';
import { ApiError } from '../http/errors.js';

/**
 * Leads a browser that was given the server's address alone to what people look at: the console, or the API page where there is none.
 * Whoever does not ask for a web page is told that nothing is there.
 * @param hasConsole whether the console is served.
 */
export function leadBrowsers(fastify: FastifyInstance, settings: Settings, hasConsole: boolean): void {
  const base = settings.BASE_PATH;
  const page = hasConsole ? `${base}/console/` : `${base}/docs`;
  if (hasConsole) {
    // Browsers ask for it by this name where a page names none, as an answer of the API does.
    fastify.get(`${base}/favicon.ico`, { config: { isPublic: () => true } }, (_request, reply) =>
      reply.redirect(`${base}/console/icon.svg`),
    );
  }
  if (!hasConsole && !settings.DOCS) return;
  for (const path of new Set(['/', `${base}/`, base === '' ? '/' : base])) {
    fastify.get(path, { config: { isPublic: () => true } }, (request, reply) => {
      void reply.header('vary', 'Accept');
      if (asksForPage(request.headers.accept)) return reply.redirect(page);
      sendError(new ApiError('route_not_found'), request, reply);
      return reply;
    });
  }
}

/** Whether a header names web pages, other than to say that they are not wanted. */
function asksForPage(accept = ''): boolean {
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range
      .toLowerCase()
      .split(';')
      .map((part) => part.trim());
    return type === 'text/html' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

import type { FastifyInstance } from 'fastify';
import type { Settings } from '../config/settings.js';
import { sendError } from '../http/error.filter.js';
import { ApiError } from '../http/errors.js';

/**
 * Redirects a browser from the server's root to the console, or to the API page if there is no console. Other clients get a 404.
 * @param hasConsole whether the console is served.
 */
export function leadBrowsers(fastify: FastifyInstance, settings: Settings, hasConsole: boolean): void {
  const base = settings.BASE_PATH;
  const page = hasConsole ? `${base}/console/` : `${base}/docs`;
  if (hasConsole) {
    // Browsers request this path for documents without an icon, such as answers of the API.
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

/** Whether an Accept header includes HTML, with a quality above zero. */
function asksForPage(accept = ''): boolean {
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range
      .toLowerCase()
      .split(';')
      .map((part) => part.trim());
    return type === 'text/html' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

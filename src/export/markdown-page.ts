import type { SessionDetail } from '../domain/session.js';
import { inline } from './literal-markdown.js';
import type { PageFrame } from './page-format.js';
import { factsOf, titleOf } from './readable.js';

/** A Markdown document, which needs no frame. */
export const MARKDOWN_PAGE: PageFrame = { begin: () => '', header, end: () => '' };

function header(session: SessionDetail): string {
  const lines = factsOf(session).map(([name, value]) => `- **${name}:** ${inline(value)}`);
  return `# ${inline(titleOf(session))}\n\n${lines.join('\n')}\n\n`;
}

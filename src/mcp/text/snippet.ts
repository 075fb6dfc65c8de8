const MARKS = /<\/?mark>/g;

/** What the text of a snippet is written with; see `sessions/search/snippet.ts`. */
const CHARACTERS: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};

/** A snippet of HTML as the text that it stands for, each hit between two asterisks. */
export function plainSnippet(html: string): string {
  return html
    .replace(MARKS, '**')
    .replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => CHARACTERS[entity] ?? entity);
}

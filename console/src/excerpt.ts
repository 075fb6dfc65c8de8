/** A piece of an excerpt. */
export interface ExcerptPart {
  readonly text: string;
  /** Whether it matches the search. */
  readonly isHit: boolean;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** Splits a snippet into parts. The server marks the hits and escapes everything else, so the rest is plain text. */
export function excerptParts(html: string): readonly ExcerptPart[] {
  return html.split(/(<mark>.*?<\/mark>)/s).map((part) => {
    const [, hit] = /^<mark>(.*)<\/mark>$/s.exec(part) ?? [];
    return { text: textOf(hit ?? part), isHit: hit !== undefined };
  });
}

function textOf(html: string): string {
  return html.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}

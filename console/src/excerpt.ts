/** A piece of an excerpt. */
export interface ExcerptPart {
  readonly text: string;
  /** Whether it is what was searched for. */
  readonly isHit: boolean;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** Takes an excerpt apart: the server marks the hits and escapes everything else, so that what is left is nothing but text. */
export function excerptParts(html: string): readonly ExcerptPart[] {
  return html.split(/(<mark>.*?<\/mark>)/s).map((part) => {
    const [, hit] = /^<mark>(.*)<\/mark>$/s.exec(part) ?? [];
    return { text: textOf(hit ?? part), isHit: hit !== undefined };
  });
}

function textOf(html: string): string {
  return html.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}

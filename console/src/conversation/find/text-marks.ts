/** Letters of scripts that separate words, and digits. */
const SPACED = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}]/u;

/** A pattern for some words; whole words only, in scripts that separate words. @returns undefined without any words. */
export function patternOf(words: readonly string[]): RegExp | undefined {
  const pieces = [...words]
    .filter((word) => word.trim() !== '')
    .sort((one, other) => other.length - one.length)
    .map((word) => {
      const [first = ''] = word;
      const last = word.at(-1) ?? '';
      const literal = word.replace(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`).replace(/\s+/g, String.raw`\s+`);
      const bound = (letter: string, assertion: string): string => (SPACED.test(letter) ? assertion : '');
      return (
        bound(first, String.raw`(?<![\p{L}\p{N}])`) + literal + bound(last, String.raw`(?![\p{L}\p{N}])`)
      );
    });
  return pieces.length === 0 ? undefined : new RegExp(pieces.join('|'), 'giu');
}

/** The matches of a pattern in the text below an element, even across child elements. */
export function rangesIn(element: Element, pattern: RegExp): readonly Range[] {
  const nodes: { readonly node: Text; readonly start: number }[] = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let text = '';
  while (walker.nextNode() !== null) {
    const node = walker.currentNode as Text;
    nodes.push({ node, start: text.length });
    text += node.data;
  }
  const placeOf = (offset: number): readonly [Text, number] | undefined => {
    const found = nodes.findLast(({ start }) => start <= offset);
    return found && [found.node, offset - found.start];
  };
  return [...text.matchAll(pattern)].flatMap(({ index, 0: hit }) => {
    const from = placeOf(index);
    const last = placeOf(index + hit.length - 1);
    if (from === undefined || last === undefined) return [];
    const range = new Range();
    range.setStart(...from);
    range.setEnd(last[0], last[1] + 1);
    return [range];
  });
}

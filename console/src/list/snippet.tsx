import { Fragment } from 'react';

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** Shows an excerpt: the server marks the hits and escapes everything else, so that what is left is nothing but text. */
export function Snippet({ html }: { readonly html: string }): React.JSX.Element {
  return (
    <>
      {html.split(/(<mark>.*?<\/mark>)/s).map((part, at) => {
        const [, hit] = /^<mark>(.*)<\/mark>$/s.exec(part) ?? [];
        // Parts of one excerpt never change their order.
        return hit === undefined ? (
          <Fragment key={at}>{textOf(part)}</Fragment>
        ) : (
          <mark key={at}>{textOf(hit)}</mark>
        );
      })}
    </>
  );
}

function textOf(html: string): string {
  return html.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}

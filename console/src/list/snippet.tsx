import { Fragment } from 'react';
import { excerptParts } from '../excerpt.js';

/** Shows an excerpt with its hits marked. */
export function Snippet({ html }: { readonly html: string }): React.JSX.Element {
  return (
    <>
      {excerptParts(html).map(({ text, isHit }, at) =>
        // Parts of one excerpt never change their order.
        isHit ? <mark key={at}>{text}</mark> : <Fragment key={at}>{text}</Fragment>,
      )}
    </>
  );
}

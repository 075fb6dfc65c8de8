import { Fragment } from 'react';
import { excerptParts } from '../excerpt.js';

/** A snippet with its hits highlighted. */
export function Snippet({ html }: { readonly html: string }): React.JSX.Element {
  return (
    <>
      {excerptParts(html).map(({ text, isHit }, at) =>
        // The parts of a snippet never change their order.
        isHit ? <mark key={at}>{text}</mark> : <Fragment key={at}>{text}</Fragment>,
      )}
    </>
  );
}

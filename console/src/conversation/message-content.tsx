import type { MessageResponse } from '@hermes-sessions/client';
import { useState } from 'react';
import { counted } from '../words.js';
import { Markdown } from './markdown.js';

/** Characters of a text that are shown at once: a browser takes seconds to lay out a megabyte. */
const SHOWN = 20_000;

/** Bytes of an image, as text, that is shown without being asked for. */
const IMAGE = 3_000_000;

type Content = MessageResponse['content'];

/** What a message says: text, or parts of text and images. */
export function MessageContent({ content }: { readonly content: Content }): React.JSX.Element | null {
  if (content === null || content === '') return null;
  if (typeof content === 'string') return <LongText text={content} />;
  const parts = Array.isArray(content) ? content : [content];
  return (
    <>
      {parts.map((part, at) => (
        // Parts of one message never change their order.
        <Part key={at} part={part} />
      ))}
    </>
  );
}

function Part({ part }: { readonly part: unknown }): React.JSX.Element {
  if (typeof part === 'string') return <LongText text={part} />;
  const {
    type,
    text,
    image_url: image,
  } = (part ?? {}) as {
    readonly type?: unknown;
    readonly text?: unknown;
    readonly image_url?: unknown;
  };
  if (typeof text === 'string') return <LongText text={text} />;
  const address = typeof image === 'object' && image !== null && 'url' in image ? image.url : image;
  if (type === 'image_url' && typeof address === 'string') return <Picture address={address} />;
  return <pre>{JSON.stringify(part, null, 2)}</pre>;
}

/** Images are shown from within the history alone: an address elsewhere would tell its owner who reads it, and when. */
function Picture({ address }: { readonly address: string }): React.JSX.Element {
  const [isWanted, setWanted] = useState(address.length <= IMAGE);
  if (!/^data:image\/(?:png|jpeg|gif|webp|avif);base64,/.test(address))
    return <p className="quiet">An image elsewhere: {address.slice(0, 200)}</p>;
  if (isWanted) return <img className="picture" src={address} alt="Part of the message" loading="lazy" />;
  return (
    <button
      type="button"
      onClick={() => {
        setWanted(true);
      }}
    >
      Show an image of {Math.round((address.length * 3) / 4 / 1_000_000)} MB
    </button>
  );
}

function LongText({ text }: { readonly text: string }): React.JSX.Element {
  const [isWhole, setWhole] = useState(text.length <= SHOWN);
  return (
    <>
      <Markdown text={isWhole ? text : text.slice(0, SHOWN)} />
      {isWhole ? null : (
        <button
          type="button"
          onClick={() => {
            setWhole(true);
          }}
        >
          Show the other {counted(text.length - SHOWN, 'character')}
        </button>
      )}
    </>
  );
}

import type { MessageResponse } from '@hermes-sessions/client';
import { useState } from 'react';
import { attachmentOf, sizeOf } from '../../../src/text/attachment.js';
import { LongText } from './long-text.js';
import { Markdown } from './markdown.js';
import { texts } from '../language/language.js';

/** Maximum encoded size of an image that is shown without a click, in characters. */
const IMAGE = 3_000_000;

type Content = MessageResponse['content'];

/** The content of a message: text, or a list of text and other parts. Models write Markdown; people's text is shown literally. */
export function MessageContent({
  content,
  isMarkdown,
  isWhole = false,
}: {
  readonly content: Content;
  readonly isMarkdown: boolean;
  /** Whether long texts are shown completely. */
  readonly isWhole?: boolean;
}): React.JSX.Element | null {
  if (content === null || content === '') return null;
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
  return (
    <>
      {parts.map((part, at) => {
        const text = textIn(part);
        // The parts of a message never change their order.
        return text === undefined ? (
          <Attached key={at} part={part} />
        ) : (
          <LongText
            key={at}
            text={text}
            isWhole={isWhole}
            show={(shown) => (isMarkdown ? <Markdown text={shown} /> : <PlainText text={shown} />)}
          />
        );
      })}
    </>
  );
}

/** Plain text with its line breaks. */
function PlainText({ text }: { readonly text: string }): React.JSX.Element {
  return (
    <p className="typed" dir="auto">
      {text}
    </p>
  );
}

/** The text of a part; undefined for other parts. */
export function textIn(part: unknown): string | undefined {
  if (typeof part === 'string') return part;
  if (typeof part !== 'object' || part === null || !('text' in part)) return undefined;
  return typeof part.text === 'string' ? part.text : undefined;
}

function Attached({ part }: { readonly part: unknown }): React.JSX.Element {
  const attachment = attachmentOf(part);
  switch (attachment.kind) {
    case 'picture':
      return <Picture address={attachment.address} />;
    case 'recording':
      return <audio controls src={attachment.address} aria-label={texts().reading.recording} />;
    case 'file':
      return <p className="quiet">{texts().reading.attachment(attachment.type, sizeOf(attachment.bytes))}</p>;
    case 'data':
      return <pre tabIndex={0}>{JSON.stringify(attachment.value, null, 2)}</pre>;
  }
}

/** Only images embedded in the history are shown: loading one from elsewhere would reveal to its host who reads it, and when. */
function Picture({ address }: { readonly address: string }): React.JSX.Element {
  const [isWanted, setWanted] = useState(address.length <= IMAGE);
  if (!/^data:image\/(?:png|jpeg|gif|webp|avif);base64,/.test(address))
    return (
      <p className="quiet">
        {texts().reading.pictureElsewhere(address.replace(/^(data:[^,]*),.*/s, '$1').slice(0, 200))}
      </p>
    );
  if (isWanted) return <img className="picture" src={address} alt={texts().reading.picture} loading="lazy" />;
  return (
    <button
      type="button"
      onClick={() => {
        setWanted(true);
      }}
    >
      {texts().reading.largePicture(Math.round((address.length * 3) / 4 / 1_000_000))}
    </button>
  );
}

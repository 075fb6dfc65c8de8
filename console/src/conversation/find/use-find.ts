import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { isTyping } from '../../keyboard.js';
import { show } from '../../view/use-view.js';
import type { View } from '../../view/view.js';
import type { Transcript } from '../transcript-chunks.js';
import { useHits, type Hits } from './use-hits.js';

/** Pause in typing after which the search starts, in milliseconds. */
const PAUSE = 120;

const NO_WORDS: readonly string[] = [];

/** A search inside the open conversation. */
export interface Find {
  readonly isOpen: boolean;
  /** Whether the user opened it, rather than a hit in the list. */
  readonly isAskedFor: boolean;
  /** The text in its field. */
  readonly text: string;
  readonly hits: Hits | undefined;
  readonly error: Error | null;
  /** Index of the shown message among the hits; -1 if it is not a hit. */
  readonly place: number;
  /** The highlighted words. */
  readonly words: readonly string[];
  readonly open: () => void;
  readonly close: () => void;
  readonly type: (text: string) => void;
  readonly step: (by: 1 | -1) => void;
}

/**
 * The search inside the open conversation. It starts with the list's search text if a hit was opened from there; Ctrl+F and `f` open it as well. The
 * shown message is in the page's address, like everything else.
 */
export function useFind(transcript: Transcript, view: View): Find {
  const { message, search } = view;
  const isHit = message !== undefined && search !== '';
  const [find, setFind] = useState({ isOpen: isHit, isAskedFor: false, text: isHit ? search : '' });
  // A hit of another search was opened in the same conversation.
  const [from, setFrom] = useState(search);
  if (isHit && from !== search) {
    setFrom(search);
    setFind({ isOpen: true, isAskedFor: false, text: search });
  }
  const sought = usePaused(find.text);
  const { hits, error } = useHits(transcript, find.isOpen ? sought : '');
  const messages = hits?.messages ?? [];
  const place = messages.findIndex(({ id }) => id === message);
  const go = (to: number): void => {
    const hit = messages.at(to % Math.max(1, messages.length));
    if (hit !== undefined) show({ message: hit.id }, 'replace');
  };
  // If the shown message is not a hit, stepping continues with the next or previous hit.
  const next = message === undefined ? 0 : messages.findIndex(({ id }) => id > message);
  const step = (by: 1 | -1): void => {
    if (place >= 0) go(place + by);
    else go(by === 1 ? next : next - 1);
  };
  const goToFirst = useEffectEvent(() => {
    if (place < 0 && messages.length > 0) go(next);
  });
  const hasHits = find.isOpen && messages.length > 0 && sought !== '';
  useEffect(() => {
    if (hasHits) goToFirst();
  }, [hasHits, sought]);
  const open = (): void => {
    setFind((before) => ({ ...before, isOpen: true, isAskedFor: true }));
  };
  useOpeningKeys(find.isOpen, open);
  return {
    ...{ isOpen: find.isOpen, isAskedFor: find.isAskedFor, text: find.text, hits, error, place, open, step },
    words: find.isOpen ? (hits?.words ?? NO_WORDS) : NO_WORDS,
    close: () => {
      setFind({ isOpen: false, isAskedFor: false, text: '' });
    },
    type: (text) => {
      setFind((before) => ({ ...before, isOpen: true, text }));
    },
  };
}

/** A text after a pause in typing. */
function usePaused(text: string): string {
  const [rested, setRested] = useState(text);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const pause = setTimeout(() => {
      setRested(text.trim());
    }, PAUSE);
    return () => {
      clearTimeout(pause);
    };
  }, [text]);
  return rested;
}

function useOpeningKeys(isOpen: boolean, open: () => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const isFind = event.key === 'f' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (isOpen || !(isFind || (event.key === 'f' && !isTyping(event)))) return;
    event.preventDefault();
    open();
  });
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
    };
  }, []);
}

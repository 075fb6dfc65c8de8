import { useEffect } from 'react';
import { texts } from '../language/language.js';

/** Sets the tab's title while a conversation is open. */
export function useTabTitle(title: string | undefined): void {
  useEffect(() => {
    if (title === undefined || title === '') return;
    document.title = `${title} · ${texts().app.title}`;
    return () => {
      document.title = texts().app.title;
    };
  }, [title]);
}

import { useEffect } from 'react';
import { texts } from '../language/language.js';

/** Names the tab after what is open in it, as long as it is. */
export function useTabTitle(title: string | undefined): void {
  useEffect(() => {
    if (title === undefined || title === '') return;
    document.title = `${title} · ${texts().app.title}`;
    return () => {
      document.title = texts().app.title;
    };
  }, [title]);
}

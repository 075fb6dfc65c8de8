import { useEffect } from 'react';

/** Names the tab after what is open in it, as long as it is. */
export function useTabTitle(title: string | undefined): void {
  useEffect(() => {
    if (title === undefined || title === '') return;
    const before = document.title;
    document.title = `${title} · ${before}`;
    return () => {
      document.title = before;
    };
  }, [title]);
}

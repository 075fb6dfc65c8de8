import { useState } from 'react';

const KEY = 'hidden-tools';

/** Whether tool calls are shown; stored in this browser. */
export function useToolsShown(): readonly [boolean, (areShown: boolean) => void] {
  const [areShown, setShown] = useState(() => localStorage.getItem(KEY) === null);
  return [
    areShown,
    (next) => {
      if (next) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, 'true');
      setShown(next);
    },
  ];
}

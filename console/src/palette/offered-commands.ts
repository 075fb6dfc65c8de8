import { useEffect, useRef } from 'react';
import type { Command } from './commands.js';

/** What is shown at the moment and what can be done with it, in the order in which it appeared. */
const offers = new Set<() => readonly Command[]>();

/** Lets the palette find what can be done with something, for as long as that is shown. */
export function useOfferedCommands(commands: readonly Command[]): void {
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  useEffect(() => {
    const offer = (): readonly Command[] => latest.current;
    offers.add(offer);
    return () => {
      offers.delete(offer);
    };
  }, []);
}

/** What can be done with what is shown at the moment. */
export function offeredCommands(): readonly Command[] {
  return [...offers].flatMap((offer) => offer());
}

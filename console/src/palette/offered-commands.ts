import { useEffect, useRef } from 'react';
import type { Command } from './commands.js';

/** The commands of mounted components, in mounting order. */
const offers = new Set<() => readonly Command[]>();

/** Adds commands to the palette while the component is mounted. */
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

/** The commands of the components that are currently mounted. */
export function offeredCommands(): readonly Command[] {
  return [...offers].flatMap((offer) => offer());
}

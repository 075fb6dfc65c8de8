import { useMutation, type UseMutationOptions, type UseMutationResult } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { messageOf } from '../language/problems.js';
import { announce } from './notice.js';

/** Tells whether what asks is still shown: an answer may come after somebody has gone on to something else. */
export function useIsShown(): () => boolean {
  const isShown = useRef(false);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);
  return () => isShown.current;
}

/** Something that somebody does. What goes wrong is said where it was done, and at the edge of the page where that is not shown any more. */
export function useAction<Done, Wanted = void>(
  options: UseMutationOptions<Done, Error, Wanted>,
): UseMutationResult<Done, Error, Wanted> {
  const isShown = useIsShown();
  return useMutation({
    ...options,
    onError: (error) => {
      if (!isShown()) announce({ text: messageOf(error) });
    },
  });
}

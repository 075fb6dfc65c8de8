import { useMutation, type UseMutationOptions, type UseMutationResult } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { messageOf } from '../language/problems.js';
import { announce } from './notice.js';

/** Whether the component is still mounted: an answer may arrive after the user has moved on. */
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

/** A user action. Its error is shown where it was triggered, or in the snackbar if that is not shown any more. */
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

import { SetMetadata, type CustomDecorator } from '@nestjs/common';

const STORE_ANSWER = 'hermes-sessions:store-answer';

/**
 * Marks an endpoint whose answer depends only on its URL and the store, so that it can be cached while the store is unchanged.
 * @param isWhole whether an answer is complete. An answer that is incomplete for a temporary reason is not cached.
 */
export function StoreAnswer(isWhole: (answer: never) => boolean = () => true): CustomDecorator {
  return SetMetadata(STORE_ANSWER, isWhole);
}

/** The `isWhole` of {@link StoreAnswer} for an endpoint; undefined if its answers are never cached. */
export function isWholeAnswer(endpoint: object): ((answer: unknown) => boolean) | undefined {
  return Reflect.getMetadata(STORE_ANSWER, endpoint) as ((answer: unknown) => boolean) | undefined;
}

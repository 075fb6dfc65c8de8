import { SetMetadata, type CustomDecorator } from '@nestjs/common';

const STORE_ANSWER = 'hermes-sessions:store-answer';

/**
 * Marks an endpoint whose answer follows from its URL and the store alone, so that it can be kept while the store is unchanged.
 * @param isWhole whether an answer has all that it should have. What lacks something for a reason that passes is asked for again, though
 *   the store is as it was.
 */
export function StoreAnswer(isWhole: (answer: never) => boolean = () => true): CustomDecorator {
  return SetMetadata(STORE_ANSWER, isWhole);
}

/** What {@link StoreAnswer} says of an endpoint; undefined where its answers are never kept. */
export function isWholeAnswer(endpoint: object): ((answer: unknown) => boolean) | undefined {
  return Reflect.getMetadata(STORE_ANSWER, endpoint) as ((answer: unknown) => boolean) | undefined;
}

import { SetMetadata, type CustomDecorator } from '@nestjs/common';

export const STORE_ANSWER = 'hermes-sessions:store-answer';

/** Marks an endpoint whose answer follows from its URL and the store alone, so that it can be kept while the store is unchanged. */
export function StoreAnswer(): CustomDecorator {
  return SetMetadata(STORE_ANSWER, true);
}

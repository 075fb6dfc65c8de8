import { CLOSED, show } from '../view/use-view.js';
import { UNFILTERED, type View } from '../view/view.js';

/** Leads to the conversations that were counted: archived ones as well, and whatever was searched for before. */
export function openCounted(filter: Partial<Pick<View, 'platform' | 'since' | 'until'>>): void {
  show({ ...UNFILTERED, ...CLOSED, page: 'history', archived: 'any', ...filter });
}

import { CLOSED, show } from '../view/use-view.js';
import { UNFILTERED, type View } from '../view/view.js';

/** Lists the counted conversations, including archived ones, without any previous search. */
export function openCounted(filter: Partial<Pick<View, 'platform' | 'since' | 'until'>>): void {
  show({ ...UNFILTERED, ...CLOSED, page: 'history', archived: 'any', ...filter });
}

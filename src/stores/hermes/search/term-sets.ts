import { isDoneInTime } from '../../../sessions/search/deadline.js';
import type { SearchExpression, SearchTerm } from '../../../sessions/search/search-query.js';

/** Ids of messages that may satisfy a search. */
export interface FoundIds {
  readonly ids: ReadonlySet<number>;
  /** Whether these include all that do; otherwise time ran out. */
  readonly isWhole: boolean;
}

/**
 * Looks up each term by itself, and combines the results as an expression says. A single query of all terms would be needed for each combination of
 * their spellings, of which a term may have thousands.
 */
export class TermSets {
  readonly #known = new Map<string, FoundIds>();

  /** @param read passes on the ids of messages that contain a term; it may run out of time. */
  constructor(private readonly read: (term: SearchTerm, take: (id: number) => void) => void) {}

  /** Ids that satisfy an expression, ignoring its exclusions: these may only match within another word, which only reading shows. */
  of(expression: SearchExpression): FoundIds {
    switch (expression.kind) {
      case 'term':
        return this.#ofTerm(expression);
      case 'not':
        return this.of(expression.include);
      case 'or': {
        const found = expression.operands.map((operand) => this.of(operand));
        return {
          ids: new Set(found.flatMap(({ ids }) => [...ids])),
          isWhole: found.every(({ isWhole }) => isWhole),
        };
      }
      case 'and':
        return this.#ofAll(expression.operands);
    }
  }

  #ofAll([first, ...others]: readonly SearchExpression[]): FoundIds {
    let found = first === undefined ? { ids: new Set<number>(), isWhole: true } : this.of(first);
    for (const other of others) {
      if (found.isWhole && found.ids.size === 0) break;
      found = inBoth(found, this.of(other));
    }
    return found;
  }

  #ofTerm(term: SearchTerm): FoundIds {
    const key = `${term.text}${term.prefix ? ' *' : ''}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const ids = new Set<number>();
    const isWhole = isDoneInTime(() => {
      this.read(term, (id) => ids.add(id));
    });
    const found = { ids, isWhole };
    this.#known.set(key, found);
    return found;
  }
}

/** The intersection; if one side is incomplete, every id of the other may be in both. */
function inBoth(one: FoundIds, other: FoundIds): FoundIds {
  if (!other.isWhole) return { ids: one.ids, isWhole: false };
  if (!one.isWhole) return { ids: other.ids, isWhole: false };
  return { ids: new Set([...one.ids].filter((id) => other.ids.has(id))), isWhole: true };
}

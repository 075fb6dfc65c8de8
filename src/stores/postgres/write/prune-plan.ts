import type { EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import { Groups } from '../../../sessions/lineage/groups.js';
import { conversationOf } from '../../../sessions/lineage/lineage.js';
import type { RowCriteria } from '../../../sessions/prune-criteria.js';
import {
  PrunePlanning,
  type DelegateSource,
  type PlanInHistory,
  type TouchedConversation,
} from '../../../sessions/prune-rules.js';
import type {
  PlannedConversation,
  PruneAction,
  PrunePlan,
  PruneSelection,
} from '../../../sessions/session-prune.js';
import { selectedQuery, type SelectedConversation } from '../../read-model/prune-selection.js';
import { readRows } from '../connection/named-query.js';
import { SessionEntity } from '../schema/entities.js';
import { EntityRows } from '../schema/entity-rows.js';
import { HISTORIES, POSTGRES } from '../schema/postgres-dialect.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import { readDelegatesOf, StoredDelegations } from './delegations.js';
import { StoredLineage, type StoredSession } from './derivation.js';
import type { HistoryChange } from './history-change.js';

/** A conversation as it was when it was selected, and the history that it is in. */
export interface StoredPlannedConversation extends PlannedConversation {
  readonly historyId: number;
}

/** A conversation that the criteria select. */
interface SelectedRow extends SelectedConversation {
  readonly history_id: number;
  readonly root_id: string;
}

/** The conversations that a prune would take, oldest activity first. */
export async function planPrune(manager: EntityManager, selection: PruneSelection): Promise<PrunePlan> {
  if (selection.criteria?.row !== undefined) throw keepsNoRows(selection.criteria.row);
  const scope = { dialect: POSTGRES, history: HISTORIES };
  const selected = await readRows(
    manager,
    selectedQuery<SelectedRow>(selection, scope, 'e.history_id, e.root_id'),
  );
  const histories = await readHistories(manager, selected, selection.action);
  const plannings = new Map<number, PrunePlanning>();
  let bytes = 0;
  const conversations = selected.flatMap((row): StoredPlannedConversation[] => {
    const { history_id: historyId, profile, origin } = row;
    const history = histories.get(historyId);
    const members = [...(history?.members.of(row.root_id) ?? [])];
    const tip = members.find(({ id }) => id === row.tip_id);
    const root = members.find(({ id }) => id === row.root_id);
    if (history === undefined || tip === undefined || root === undefined) return [];
    const planning = plannings.get(historyId) ?? new PrunePlanning(selection);
    plannings.set(historyId, planning);
    const going = planning.take({ tip, root, members }, history.source);
    if (going === undefined) return [];
    const { counted, ...planned } = going;
    bytes += counted.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
    return [{ historyId, id: row.tip_id, profile, origin, ...planned }];
  });
  const messages = conversations.reduce((sum, conversation) => sum + conversation.messages, 0);
  return { conversations, messages, estimatedBytes: bytes, unavailableProfiles: [] };
}

/** Only what all hosts have comes here. */
function keepsNoRows(row: RowCriteria): DomainError {
  const [param] = Object.keys(row);
  return new DomainError('unsupported_by_store', {
    param,
    message: `The history of several hosts does not keep this: ${Object.keys(row).join(', ')}. Ask the Hermes of that host.`,
  });
}

/** What a plan has to know of a history. */
interface HistorySessions {
  /** The sessions of the selected conversations, by the ids of their first ones. */
  readonly members: Groups<StoredSession>;
  readonly source: DelegateSource<StoredSession>;
}

const NO_DELEGATES: DelegateSource<StoredSession> = {
  delegatesOf: () => [],
  conversationOf: (delegate) => ({ members: [delegate], isListed: false }),
};

async function readHistories(
  manager: EntityManager,
  selected: readonly SelectedRow[],
  action: PruneAction,
): Promise<ReadonlyMap<number, HistorySessions>> {
  const histories = new Map<number, HistorySessions>();
  for (const historyId of new Set(selected.map((row) => row.history_id))) {
    const roots = selected.filter((row) => row.history_id === historyId).map((row) => row.root_id);
    const members = await readMembers(manager, historyId, roots);
    const ids = roots.flatMap((root) => [...members.of(root)].map(({ id }) => id));
    const source = action === 'delete' ? await readDelegates(manager, historyId, ids) : NO_DELEGATES;
    histories.set(historyId, { members, source });
  }
  return histories;
}

async function readDelegates(
  manager: EntityManager,
  historyId: number,
  ids: readonly string[],
): Promise<DelegateSource<StoredSession>> {
  const delegations = await StoredDelegations.read(manager, historyId, ids);
  const roots = new Set(delegations.of(ids).map(({ rootId }) => rootId));
  const conversations = await readConversations(manager, historyId, [...roots]);
  return {
    delegatesOf: (some) => delegations.of(some),
    conversationOf: ({ rootId }) => conversations.get(rootId) ?? { members: [], isListed: false },
  };
}

/** What conversations are made of, by the ids of their first sessions. */
async function readConversations(
  manager: EntityManager,
  historyId: number,
  roots: readonly string[],
): Promise<ReadonlyMap<string, TouchedConversation>> {
  const rows = await manager.query<{ root_id: string; ids: string[]; is_listed: boolean }[]>(
    `SELECT s.root_id, array_agg(s.id) AS ids, bool_or(c.root_id IS NOT NULL) AS is_listed
      FROM sessions s LEFT JOIN conversations c ON c.history_id = s.history_id AND c.root_id = s.root_id
      WHERE s.history_id = $1 AND s.root_id = ANY($2) GROUP BY s.root_id`,
    [historyId, roots.map(toStored)],
  );
  return new Map(
    rows.map(({ root_id: root, ids, is_listed: isListed }) => [
      fromStored(root),
      { members: ids.map((id) => ({ id: fromStored(id) })), isListed },
    ]),
  );
}

async function readMembers(
  manager: EntityManager,
  historyId: number,
  roots: readonly string[],
): Promise<Groups<StoredSession>> {
  const rows = new EntityRows(manager, SessionEntity);
  const found = await manager.query<Readonly<Record<string, unknown>>[]>(
    `SELECT ${rows.columns('s')} FROM sessions s WHERE s.history_id = $1 AND s.root_id = ANY($2)`,
    [historyId, roots.map(toStored)],
  );
  const members = new Groups<StoredSession>();
  for (const session of rows.fromColumns(found)) members.add(session.rootId, session);
  return members;
}

/** What of a conversation goes with a prune. */
export interface GoingSessions {
  readonly ids: readonly string[];
  readonly delegates: readonly StoredSession[];
}

/**
 * The sessions of a conversation that is about to be pruned, where all that goes with it is as the plan has it.
 * @returns undefined where they have gone with another one already.
 * @throws {DomainError} `plan_changed`
 */
export async function requireUnchanged(
  change: HistoryChange,
  tipId: string,
  action: PruneAction,
  planned: PlanInHistory,
): Promise<GoingSessions | undefined> {
  const lineage: StoredLineage = await change.lineageAround([tipId]);
  const tip = lineage.node(tipId);
  if (tip === undefined) {
    planned.requireGone(tipId);
    return undefined;
  }
  const { members } = conversationOf(lineage, tip);
  const ids = members.map(({ id }) => id);
  const delegates = action === 'delete' ? await readDelegatesOf(change, ids) : [];
  const around = delegates.length === 0 ? lineage : await change.lineageAround(delegates.map(({ id }) => id));
  planned.requireUnchanged(
    { members, delegates },
    { conversationOf: (delegate) => conversationOf(around, delegate) },
  );
  return { ids, delegates };
}

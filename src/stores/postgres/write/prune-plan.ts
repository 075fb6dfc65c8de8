import type { EntityManager } from 'typeorm';
import { DomainError } from '../../../domain/errors.js';
import { delegatesOf } from '../../../sessions/lineage/delegates.js';
import { groupBy, Groups } from '../../../sessions/lineage/groups.js';
import { conversationOf } from '../../../sessions/lineage/lineage.js';
import { PlanDraft, type HistoryToPrune } from '../../../sessions/prune/plan-draft.js';
import type { CriteriaConversation, RowCriteria } from '../../../sessions/prune/prune-criteria.js';
import type {
  DelegateSource,
  PlanInHistory,
  TouchedConversation,
} from '../../../sessions/prune/prune-rules.js';
import type { HistoryName } from '../../../domain/access.js';
import type {
  PlannedConversation,
  PruneAction,
  PrunePlan,
  PruneSelection,
} from '../../../sessions/prune/session-prune.js';
import { selectedQuery, type SelectedConversation } from '../../read-model/prune-selection.js';
import { readInParts } from '../connection/named-query.js';
import { MAKES, requireArrived, requireMade } from '../histories.js';
import { SessionEntity } from '../schema/entities.js';
import { EntityRows } from '../schema/entity-rows.js';
import { dialectFor } from '../schema/known-histories.js';
import { HISTORIES } from '../schema/postgres-dialect.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import { readDelegatesOf, readDelegations } from './delegations.js';
import { StoredLineage, type StoredSession } from './derivation.js';
import type { HistoryChange } from './history-change.js';

/** The name of a history and its number in the tables. */
interface StoredName extends HistoryName {
  readonly historyId: number;
}

/** A conversation as it was when the plan was made, and its history. */
export type StoredPlannedConversation = PlannedConversation & StoredName;

/** A conversation that the criteria select. */
interface SelectedRow extends SelectedConversation {
  readonly history_id: number;
  readonly root_id: string;
}

/** Conversations read in one batch. */
const AT_ONCE = 2000;

/**
 * The conversations that a prune would affect, oldest activity first. Only hosts that support the action, and whose histories have fully
 * arrived, are included. Runs in a transaction.
 * @throws {DomainError} `unsupported_by_store`; `store_unavailable` if everything requested is still arriving
 */
export async function planPrune(manager: EntityManager, selection: PruneSelection): Promise<PrunePlan> {
  if (selection.criteria?.row !== undefined) throw keepsNoRows(selection.criteria.row);
  await requireMade(manager, selection.action, selection.access);
  const unavailableProfiles = await requireArrived(manager, selection.access);
  const scope = {
    dialect: await dialectFor(manager, selection.access),
    // Conversations that are always refused would block the younger ones.
    history: {
      ...HISTORIES,
      join: (alias: string) => `${HISTORIES.join(alias)} AND ${MAKES[selection.action]} AND is_loaded`,
    },
  };
  const selected = selectedQuery<SelectedRow>(selection, scope, 'e.history_id, e.root_id');
  const draft = new PlanDraft<StoredName>(selection);
  const histories = new Histories(manager);
  for await (const rows of readInParts(manager, selected, AT_ONCE)) {
    const parts = new Map<number, HistoryPart>();
    for (const [id, some] of groupBy(rows, (row) => row.history_id))
      parts.set(id, await readPart(manager, id, some, selection.action));
    for (const row of rows) {
      const part = parts.get(row.history_id);
      const conversation = part?.conversationOf(row);
      if (part === undefined || conversation === undefined) continue;
      draft.add(conversation, await histories.of(row), part.delegates);
    }
  }
  return { ...draft.finish(), unavailableProfiles };
}

/** Only columns that all hosts have are shipped. */
function keepsNoRows(row: RowCriteria): DomainError {
  const [param] = Object.keys(row);
  return new DomainError('unsupported_by_store', {
    param,
    message: `The history of several hosts does not keep this: ${Object.keys(row).join(', ')}. Ask the Hermes of that host.`,
  });
}

const NO_DELEGATES: DelegateSource<StoredSession> = {
  delegatesOf: () => [],
  conversationOf: (delegate) => ({ members: [delegate], isListed: false }),
};

/** The members of some conversations of a history, and the delegates that are deleted with them. */
interface HistoryPart {
  readonly conversationOf: (row: SelectedRow) => CriteriaConversation<StoredSession> | undefined;
  readonly delegates: DelegateSource<StoredSession>;
}

/** @param selected conversations of the history. */
async function readPart(
  manager: EntityManager,
  historyId: number,
  selected: readonly SelectedRow[],
  action: PruneAction,
): Promise<HistoryPart> {
  const roots = selected.map((row) => row.root_id);
  const members = await readMembers(manager, historyId, roots);
  const ids = roots.flatMap((root) => members.of(root).map(({ id }) => id));
  return {
    conversationOf: (row) => conversationAmong(members.of(row.root_id), row),
    delegates: action === 'delete' ? await readDelegates(manager, historyId, ids) : NO_DELEGATES,
  };
}

/** Caches the histories of a plan. */
class Histories {
  readonly #known = new Map<number, HistoryToPrune<StoredName>>();

  constructor(private readonly manager: EntityManager) {}

  async of({ history_id: historyId, profile, origin }: SelectedRow): Promise<HistoryToPrune<StoredName>> {
    const known = this.#known.get(historyId);
    if (known !== undefined) return known;
    const size = await readSize(this.manager, historyId);
    const history = { name: { historyId, profile, origin }, size };
    this.#known.set(historyId, history);
    return history;
  }
}

function conversationAmong(
  members: readonly StoredSession[],
  row: SelectedRow,
): CriteriaConversation<StoredSession> | undefined {
  const tip = members.find(({ id }) => id === row.tip_id);
  const root = members.find(({ id }) => id === row.root_id);
  return tip === undefined || root === undefined ? undefined : { tip, root, members };
}

type HistorySize = HistoryToPrune<StoredName>['size'];

/** The file size of a history at its host, and its number of messages. */
async function readSize(manager: EntityManager, historyId: number): Promise<HistorySize> {
  const [size] = await manager.query<HistorySize[]>(
    `SELECT h.file_bytes AS bytes, CAST(coalesce(sum(c.messages), 0) AS bigint) AS messages FROM histories h
      LEFT JOIN session_counts c ON c.history_id = h.id AND c.kind = 'row' WHERE h.id = $1 GROUP BY 1`,
    [historyId],
  );
  return size ?? { bytes: 0, messages: 0 };
}

async function readDelegates(
  manager: EntityManager,
  historyId: number,
  ids: readonly string[],
): Promise<DelegateSource<StoredSession>> {
  const delegations = await readDelegations(manager, historyId, ids);
  const roots = new Set(delegatesOf(delegations, ids).map(({ rootId }) => rootId));
  const conversations = await readConversations(manager, historyId, [...roots]);
  return {
    delegatesOf: (some) => delegatesOf(delegations, some),
    conversationOf: ({ rootId }) => conversations.get(rootId) ?? { members: [], isListed: false },
  };
}

/** The members of conversations, by root id. */
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

/** The sessions that a prune of a conversation affects. */
export interface GoingSessions {
  readonly members: readonly StoredSession[];
  readonly delegates: readonly StoredSession[];
}

/**
 * The sessions of a conversation to prune, if they still match the plan.
 * @returns undefined if they were already deleted along with another conversation.
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
  return { members, delegates };
}

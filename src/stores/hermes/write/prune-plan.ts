import { delegatesOf, KnownDelegations } from '../../../sessions/lineage/delegates.js';
import { Groups } from '../../../sessions/lineage/groups.js';
import { refused } from '../../../sessions/bulk/session-bulk.js';
import { PlanDraft, type HistoryToPrune } from '../../../sessions/prune/plan-draft.js';
import type { DelegateSource } from '../../../sessions/prune/prune-rules.js';
import type { CriteriaConversation, RowCriteria } from '../../../sessions/prune/prune-criteria.js';
import type { HistoryName } from '../../../domain/access.js';
import type { PrunePlan, PruneSelection } from '../../../sessions/prune/session-prune.js';
import { selectedQuery, type SelectedConversation } from '../../read-model/prune-selection.js';
import { inLedger, ledgeredSessions } from '../file/ledgers.js';
import { rowidOf } from '../file/rowids.js';
import { countOf, withinFolder } from '../file/values.js';
import { KNOWN_COLUMNS, toKnownSession, type KnownSession } from '../index/known-sessions.js';
import type { Steps } from '../index/reading-in-steps.js';
import type { IndexView } from '../index/session-index.js';
import { historyScope, SQLITE } from '../index/sqlite-dialect.js';

/** A conversation that the criteria select. */
interface SelectedRow extends SelectedConversation {
  readonly root_number: number;
}

/** Conversations whose sessions are read per batch. */
const AT_ONCE = 500;

/**
 * Selects conversations in one snapshot of the file, oldest activity first; the index must be equal to all of its rows.
 * @returns undefined if this version of the file cannot store the change. Conversations that are refused each time would block all younger ones.
 */
export function* planPrune(
  view: IndexView,
  selection: PruneSelection,
  profile: string,
): Steps<PrunePlan | undefined> {
  if (selection.action === 'archive' && !view.layout.sessionColumns.has('archived')) return undefined;
  const scope = { dialect: SQLITE, history: historyScope(profile) };
  const selected = view.reader.rowsOf(selectedQuery<SelectedRow>(selection, scope, 'e.root_number'));
  const rows = selection.criteria?.row === undefined ? undefined : rowsHolding(view, selection.criteria.row);
  const history: HistoryToPrune<HistoryName> = {
    name: { profile, origin: null },
    size: { bytes: fileBytes(view), messages: view.known.sizes.messages },
  };
  const delegates = new Delegates(view);
  const draft = new PlanDraft<HistoryName>(selection);
  const left = new PlanDraft<HistoryName>(selection);
  const ledgered = selection.action === 'delete' ? ledgeredSessions(view) : new Set<string>();
  for (let at = 0; at < selected.length; at += AT_ONCE) {
    yield;
    const some = selected.slice(at, at + AT_ONCE);
    const members = readMembers(view, some);
    for (const row of some) {
      const conversation = conversationAmong(members.of(String(row.root_number)), row);
      const holds =
        rows === undefined || conversation?.members.every((member) => rows.has(member.rowid)) === true;
      if (conversation === undefined || !holds) continue;
      const ids = conversation.members.map(({ id }) => id);
      const isLeft =
        ledgered.size > 0 &&
        [...ids, ...delegates.delegatesOf(ids).map(({ id }) => id)].some((id) => ledgered.has(id));
      (isLeft ? left : draft).add(conversation, history, delegates);
    }
  }
  return {
    ...draft.finish(),
    leftToHermes: left.finish().conversations.map(({ id }) => refused(id, inLedger())),
  };
}

function conversationAmong(
  members: readonly KnownSession[],
  { root_number: rootNumber, tip_id: tipId }: SelectedRow,
): CriteriaConversation<KnownSession> | undefined {
  const tip = members.find(({ id }) => id === tipId);
  const root = members.find(({ number }) => number === rootNumber);
  return tip === undefined || root === undefined ? undefined : { tip, root, members };
}

/** The rowids of the rows that meet all criteria; none if this version lacks one of the columns. */
function rowsHolding({ reader, layout }: IndexView, criteria: RowCriteria): ReadonlySet<number> {
  const conditions = rowConditions(criteria);
  if (conditions.some(({ column }) => !layout.sessionColumns.has(column))) return new Set();
  const sql = conditions.map((condition) => condition.sql).join(' AND ');
  const rows = reader.all(
    `SELECT rowid AS session_rowid FROM sessions WHERE ${sql}`,
    ...conditions.flatMap(({ parameters }) => parameters),
  );
  return new Set(rows.map((row) => rowidOf(row.session_rowid)));
}

interface RowCondition {
  readonly column: string;
  readonly sql: string;
  readonly parameters: readonly string[];
}

function rowConditions(criteria: RowCriteria): readonly RowCondition[] {
  const { folder, provider, chatId, chatType, branch } = criteria;
  const equal = (column: string, text: string | undefined): readonly RowCondition[] =>
    text === undefined ? [] : [{ column, sql: `${column} = ?`, parameters: [text] }];
  return [
    ...(folder === undefined ? [] : [{ column: 'cwd', ...withinFolder(folder) }]),
    ...(provider === undefined
      ? []
      : [{ column: 'billing_provider', sql: 'lower(billing_provider) = lower(?)', parameters: [provider] }]),
    ...equal('chat_id', chatId),
    ...equal('chat_type', chatType),
    ...(branch === undefined
      ? []
      : [{ column: 'git_branch', sql: 'instr(lower(git_branch), lower(?)) > 0', parameters: [branch] }]),
  ];
}

/** Reads the sessions of conversations by the numbers of their roots, all of a batch at once, since a plan can have tens of thousands. */
function readMembers({ reader }: IndexView, selected: readonly SelectedRow[]): Groups<KnownSession> {
  const members = new Groups<KnownSession>();
  const numbers = JSON.stringify(selected.map(({ root_number: root }) => root));
  const from = `SELECT ${KNOWN_COLUMNS} FROM json_each(?) r CROSS JOIN known_sessions k ON`;
  const rows = [
    ...reader.all(`${from} k.number = r.value`, numbers),
    ...reader.all(`${from} k.family_number = r.value AND k.family_number <> k.number`, numbers),
  ];
  for (const session of rows.map(toKnownSession)) members.add(String(session.familyNumber), session);
  return members;
}

/** Delegates that are deleted along with conversations. Few sessions are delegates, so all of them are read at once. */
class Delegates implements DelegateSource<KnownSession> {
  readonly #delegations: KnownDelegations<KnownSession>;

  constructor(private readonly view: IndexView) {
    const rows = view.reader.all(
      `SELECT ${KNOWN_COLUMNS} FROM known_sessions k WHERE k.delegate_from IS NOT NULL`,
    );
    this.#delegations = new KnownDelegations(rows.map(toKnownSession));
  }

  delegatesOf(ids: readonly string[]): readonly KnownSession[] {
    return delegatesOf(this.#delegations, ids);
  }

  conversationOf({ familyNumber }: KnownSession): {
    readonly members: readonly KnownSession[];
    readonly isListed: boolean;
  } {
    const { known } = this.view;
    return { members: known.members(familyNumber), isListed: known.conversation(familyNumber) !== undefined };
  }
}

function fileBytes({ reader }: IndexView): number {
  return countOf(reader.value('PRAGMA main.page_count')) * countOf(reader.value('PRAGMA main.page_size'));
}

/** How long ago a time was, in few words. @param now epoch milliseconds. */
export function ageOf(time: string | null, now = Date.now()): string {
  if (time === null) return 'unknown';
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  if (seconds < 60) return 'now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d`;
  return new Date(time).toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
}

/** A time in full, where the reader is. */
export function timeOf(time: string | null): string {
  return time === null ? 'unknown time' : new Date(time).toLocaleString();
}

/** A number with its noun: `1 turn`, `1,204 turns`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

/** What the speakers of messages are called. */
const SPEAKERS: Readonly<Record<string, string>> = {
  user: 'You',
  assistant: 'Hermes',
  tool: 'Tool',
  system: 'System',
};

/** Who said something. */
export function speakerOf(role: string): string {
  return SPEAKERS[role] ?? role;
}

/** What the list and its search say. */
export const LIST = {
  search: 'Search messages and titles',
  searching: 'Searching… Esc stops it.',
  loading: 'Loading…',
  nothing: 'Nothing matches.',
  empty: 'There is no conversation yet.',
  emptyHint: 'Talk to Hermes: it appears here by itself.',
  clear: 'Clear search and filters',
  allWords: 'All words have to be in one message, or in the title: fewer words find more.',
  narrowed: 'What is chosen above the list narrows the search down.',
  incomplete: 'The index is being built: some may be missing.',
  help: 'How to search',
  keyboard: 'Keyboard',
  filters: 'Filters',
  chosenFilters: 'Chosen filters',
  order: 'Order',
  titleOnly: 'found in its title',
  onlyExclusions: 'Something to look for is needed beside what is left out.',
  noTitles: 'Titles are not searched where something is left out.',
  excluded: (words: string): string => `Leaves out what says ${words}. In quotes a word may begin with “-”.`,
  unknownOperator: (operator: string): string =>
    `There is no ${operator} here: it is looked for as it stands.`,
  unknownValue: (operator: string): string => `${operator} takes ${VALUES[operator] ?? 'something else'}.`,
  noExclusion: (operator: string): string =>
    `${operator} cannot be turned round: only words can be left out with “-”.`,
  untitled: 'No title yet',
  working: 'working',
  archived: 'archived',
  unread: 'unread,',
  resize: 'Width of the list',
  select: 'Select',
  remove: (filter: string): string => `Remove ${filter}`,
  archivedHidden: (count: number, isRest: boolean): string =>
    isRest ? `Show ${count.toLocaleString()} not archived` : `Show ${count.toLocaleString()} archived`,
  partsHidden: (count: number): string =>
    `Show ${count.toLocaleString()} earlier and delegated ${count === 1 ? 'session' : 'sessions'}`,
  first: (count: number): string =>
    `The first ${count.toLocaleString()} are listed: filters find the others.`,
} as const;

const VALUES: Readonly<Record<string, string>> = {
  'before:': 'a year, month or day, such as 2026-05',
  'after:': 'a year, month or day, such as 2026-05',
  'is:': 'archived or pinned',
};

/** What the filters are called where they are chosen. */
export const FILTERS = {
  platform: 'Platform',
  model: 'Model',
  profile: 'Profile',
  user: 'Person',
  since: 'Begun since',
  until: 'Begun before',
  archived: 'Archived',
  pinned: 'Pinned only',
  children: 'Every session, also earlier parts and those of delegates',
} as const;

/** What the choices of archived conversations are called. */
export const ARCHIVED = { false: 'without', true: 'only', any: 'with' } as const;

/** What the orders of a list are called. */
export const ORDERS = {
  relevance: 'Best match',
  '-last_active_at': 'Last active',
  last_active_at: 'Longest inactive',
  '-started_at': 'Newest',
  started_at: 'Oldest',
} as const;

/** How a search is written, and what it finds. */
export const SEARCH_HELP = [
  ['two words', 'both, in one message or in the title'],
  ['"a phrase"', 'these words, one after the other'],
  ['word*', 'what begins like this'],
  ['one OR other', 'either of them'],
  ['-word', 'without this word'],
  ['platform:telegram', 'begun there; also model:, profile: and user:'],
  ['after:2026-05 before:2026-06-15', 'begun in this time'],
  ['is:archived, is:pinned', 'in this state'],
] as const;

/** What the groups of a list are called, besides months. */
export const GROUPS = {
  pinned: 'Pinned',
  today: 'Today',
  yesterday: 'Yesterday',
  week: 'Last 7 days',
  unknown: 'Time unknown',
} as const;

/** What the actions are called, and what they say. */
export const ACTIONS = {
  names: { archive: 'Archive', unarchive: 'Unarchive', pin: 'Pin', unpin: 'Unpin', delete: 'Delete' },
  past: {
    archive: 'archived',
    unarchive: 'unarchived',
    pin: 'pinned',
    unpin: 'unpinned',
    delete: 'deleted',
  },
  selected: 'Selected conversations',
  selectedCount: 'selected',
  choose: 'Choose conversations',
  chooseAll: (total: number): string => `Select all ${total.toLocaleString()}`,
  refused: (count: string): string => `${count} could not be changed:`,
  export: 'Export',
  exporting: 'Exporting…',
  rename: 'Rename',
  close: 'Close',
  cancel: 'Cancel',
  stop: 'Stop',
  progress: 'Progress',
  doneOf: (done: number, total: number): string => `${done.toLocaleString()} of ${total.toLocaleString()}`,
  done: 'What was done',
  undo: 'Undo',
  undone: 'Taken back',
  dismiss: 'Dismiss',
} as const;

/** What is asked before something is deleted. */
export const DELETION = {
  title: (what: string): string => `Delete ${what}?`,
  more: (count: number): string => `and ${count.toLocaleString()} more`,
  busy: 'An agent is in the middle of it: what it is doing now will be lost.',
  whatGoes:
    'Every message goes: those from before a compression, and those of agents that worked on its behalf. Branches stay, as conversations of their own. Hermes forgets it, too: this cannot be undone.',
  delete: 'Delete for good',
  typed: (count: number): string => `Type ${count} to confirm`,
} as const;

/** What the pages are called. */
export const PAGES = { history: 'History', statistics: 'Statistics', 'clean-up': 'Clean up' } as const;

/** What the clean-up says. */
export const CLEAN_UP = {
  title: 'Clean up',
  introduction:
    'Archives or deletes many conversations at once. Nothing goes before you have seen what it is; what is open or pinned stays unless you say otherwise.',
  notAllowed: 'Nothing can be archived or deleted with this sign-in.',
  action: 'What to do',
  archive: 'Archive',
  delete: 'Delete for good',
  age: 'Without activity for',
  ageNumber: 'Number',
  ageUnit: 'Unit',
  units: { h: 'hours', d: 'days', w: 'weeks' },
  before: 'Without activity since',
  maxMessages: 'With at most so many messages',
  titled: 'With a title',
  archived: 'Archived',
  choices: { either: 'either', yes: 'yes', no: 'no' },
  platforms: 'Platforms (all where none is chosen)',
  profiles: 'Profiles (all where none is chosen)',
  includeOpen: 'Also what has not ended',
  includePinned: 'Also what is pinned',
  look: 'Show what would go',
  looking: 'Looking…',
  nothing: 'Nothing is like that.',
  withDelegates: (delegates: string): string => `and ${delegates} of theirs`,
  withMessages: (messages: string): string => `with ${messages}`,
  room: (megabytes: string): string =>
    `About ${megabytes} MB of the history become free for new messages; the file does not shrink.`,
  more: (count: number): string => `and ${count.toLocaleString()} more, with more recent activity`,
  ask: (action: string, what: string): string => `${action} ${what}?`,
  archiving: 'They leave the list, and nothing is lost: what is archived can be shown, and unarchived.',
  left: (count: number): string => `${count.toLocaleString()} are left as they were.`,
} as const;

/** What the page as a whole says. */
export const APP = {
  title: 'Hermes history',
  pages: 'Pages',
  live: 'live',
  connecting: 'connecting…',
  keys: 'Keyboard shortcuts',
  signOut: 'Sign out',
  conversation: 'Conversation',
  choose: 'Choose a conversation, or search for one.',
  away: 'The server does not answer. What is shown may be old; it is tried again by itself.',
  offline: 'This device is offline. What is shown may be old.',
  tryAgain: 'Try again',
} as const;

/** What the sign-in says. */
export const SIGN_IN = {
  key: 'Key of the server',
  user: 'Server',
  hint: 'The API_SERVER_KEY, or a key of your own. This page does not keep it.',
  stay: 'Stay signed in here for 30 days',
  failed: (reason: string): string => `The sign-in did not succeed: ${reason}`,
  notOut: 'The server does not answer: you are still signed in.',
  trying: 'One moment…',
  signIn: 'Sign in',
  unknownKey: 'The server does not know this key.',
  away: 'The server does not answer. Is it running?',
  ended: 'Your sign-in has ended',
  kept: 'The server knows your key no more. Sign in again, and go on where you were.',
  again: 'Sign in again',
} as const;

/** What is said of errors, by their codes. */
export const PROBLEMS: Readonly<Record<string, string>> = {
  connection_failed: 'This could not be loaded: nobody answered.',
  session_not_found: 'This conversation is not there any more.',
  title_in_use: 'Another conversation has this title already.',
  session_busy: 'An agent is in the middle of this conversation. Try again when it is done.',
  unauthorized: 'Your sign-in has ended.',
};

/** What the keys do. */
export const KEYS = [
  ['/', 'search; ↓ leads from there into the list'],
  ['↑ ↓  or  j k', 'move in the list'],
  ['Enter', 'open the conversation and read it'],
  ['Esc', 'stop a search, close the conversation, or choose nothing'],
  ['x, Shift click, Ctrl A', 'choose one, a range, all'],
  ['r', 'rename'],
  ['e', 'archive, or take back from the archive'],
  ['p', 'pin or unpin'],
  ['#', 'delete'],
  ['Ctrl F  or  f', 'find in the open conversation'],
  ['n  N', 'next and previous of what was found'],
  ['Ctrl K', 'all commands'],
  ['?', 'this help'],
] as const;

/** What the palette of commands says. */
export const PALETTE = {
  title: 'Commands',
  field: 'What to do, or what to search for',
  search: (text: string): string => `Search for “${text}”`,
  goTo: (page: string): string => `Go to ${page}`,
  seeAll: 'Mark everything as read',
  pinned: 'Show pinned only',
  archived: 'Show archived only',
  clear: 'Clear search and filters',
  order: (order: string): string => `Sort: ${order}`,
} as const;

/** What the statistics say. */
export const STATISTICS = {
  range: 'Time',
  all: 'All the time',
  own: 'Own dates',
  lastDays: (days: number): string => (days === 365 ? 'Last 12 months' : `Last ${days} days`),
  from: 'From',
  to: 'To',
  counting: 'Counting…',
  chart: { day: 'Day by day', week: 'Week by week', month: 'Month by month' },
  steps: { day: 'Day', week: 'Week', month: 'Month' },
  measure: 'What is counted',
  nothing: 'Nothing to count yet.',
  time: (first: string, last: string, zone: string): string => `${first} – ${last}, in ${zone}`,
  table: 'As a table',
  unknown: 'unknown',
  open: 'Show these conversations',
} as const;

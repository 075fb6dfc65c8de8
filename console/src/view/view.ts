/** Sort orders. The default is separate: relevance for a search, and last activity otherwise. */
export const SORTS = ['-last_active_at', 'last_active_at', '-started_at', 'started_at'] as const;

type Sort = (typeof SORTS)[number];

/** The pages of the console. */
export const PAGE_NAMES = ['history', 'statistics', 'clean-up', 'trash'] as const;

type Page = (typeof PAGE_NAMES)[number];

/** The state of the page. All of it is in the address, so that a view can be shared and bookmarked. */
export interface View {
  readonly page: Page;
  /** The search text. */
  readonly search: string;
  /** Several platforms are separated by commas. */
  readonly platform: string;
  readonly model: string;
  readonly profile: string;
  readonly user: string;
  /** Local days, as date fields return them. */
  readonly since: string;
  readonly until: string;
  readonly archived: 'false' | 'true' | 'any';
  /** Whether only pinned conversations are listed. */
  readonly pinned: boolean;
  /** The order of the list; undefined for the default. */
  readonly sort: Sort | undefined;
  /** Whether all sessions are listed individually. */
  readonly children: boolean;
  /** The range of the statistics, in days. */
  readonly from: string;
  readonly to: string;
  /** The open conversation with its profile and host. */
  readonly session: string;
  readonly sessionProfile: string;
  readonly sessionOrigin: string;
  /** The message to open it at. */
  readonly message: number | undefined;
}

/** A list without filters. */
export const UNFILTERED = {
  search: '',
  platform: '',
  model: '',
  profile: '',
  user: '',
  since: '',
  until: '',
  archived: 'false',
  pinned: false,
  children: false,
} as const satisfies Partial<View>;

const START: View = {
  ...UNFILTERED,
  page: 'history',
  sort: undefined,
  from: '',
  to: '',
  session: '',
  sessionProfile: '',
  sessionOrigin: '',
  message: undefined,
};

/** The names of the view's texts in the address. */
const NAMES = {
  search: 'q',
  platform: 'platform',
  model: 'model',
  profile: 'profile',
  user: 'user',
  since: 'since',
  until: 'until',
  from: 'from',
  to: 'to',
  session: 'session',
  sessionProfile: 'in',
  sessionOrigin: 'on',
} as const;

type TextName = keyof typeof NAMES;

const TEXTS = Object.keys(NAMES) as readonly TextName[];

/** Parses a view from an address; invalid values are replaced by defaults. */
export function readView(query: string): View {
  const parameters = new URLSearchParams(query);
  const texts = Object.fromEntries(TEXTS.map((name) => [name, parameters.get(NAMES[name]) ?? '']));
  const archived = parameters.get('archived');
  const message = Number(parameters.get('message') ?? NaN);
  return {
    ...START,
    ...(texts as Pick<View, TextName>),
    page: PAGE_NAMES.find((page) => page === parameters.get('page')) ?? START.page,
    archived: archived === 'true' || archived === 'any' ? archived : 'false',
    pinned: parameters.get('pinned') === 'true',
    sort: SORTS.find((sort) => sort === parameters.get('sort')),
    children: parameters.get('children') === 'true',
    message: Number.isSafeInteger(message) ? message : undefined,
  };
}

/** The shortest address of a view. */
export function writeView(view: View): string {
  const parameters = new URLSearchParams();
  if (view.page !== START.page) parameters.set('page', view.page);
  for (const name of TEXTS) if (view[name] !== '') parameters.set(NAMES[name], view[name]);
  if (view.archived !== START.archived) parameters.set('archived', view.archived);
  if (view.pinned) parameters.set('pinned', 'true');
  if (view.sort !== undefined) parameters.set('sort', view.sort);
  if (view.children) parameters.set('children', 'true');
  if (view.message !== undefined) parameters.set('message', String(view.message));
  const query = parameters.toString();
  return query === '' ? '' : `?${query}`;
}

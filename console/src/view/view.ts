/** Orders of a list, besides the one that fits best: what was active last, or what matches a search best. */
export const SORTS = ['-last_active_at', 'last_active_at', '-started_at', 'started_at'] as const;

type Sort = (typeof SORTS)[number];

/** The pages of the console. */
export const PAGE_NAMES = ['history', 'statistics', 'clean-up', 'trash'] as const;

type Page = (typeof PAGE_NAMES)[number];

/** What is shown. All of it stands in the address, so that a view can be shared and found again. */
export interface View {
  readonly page: Page;
  /** What is searched for. */
  readonly search: string;
  /** Several are separated by commas. */
  readonly platform: string;
  readonly model: string;
  readonly profile: string;
  readonly user: string;
  /** Days where the reader is, as a date field gives them. */
  readonly since: string;
  readonly until: string;
  readonly archived: 'false' | 'true' | 'any';
  /** Whether only what is pinned is listed. */
  readonly pinned: boolean;
  /** The order of the list; undefined for the one that fits best. */
  readonly sort: Sort | undefined;
  /** Whether every session is listed by itself. */
  readonly children: boolean;
  /** The days from and to which statistics are counted. */
  readonly from: string;
  readonly to: string;
  /** The open conversation, and in which profile and on which host it is. */
  readonly session: string;
  readonly sessionProfile: string;
  readonly sessionOrigin: string;
  /** The message that it is opened at. */
  readonly message: number | undefined;
}

/** A list that nothing narrows down. */
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

/** What the address calls the texts of a view. */
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

/** The view that an address means; what it does not understand is left as it is at the start. */
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

/** The address of a view, as short as it can be. */
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

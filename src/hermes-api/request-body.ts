/** The object that a request brought, whatever is in it: clients of Hermes send what it ignores. */
export type RequestBody = Readonly<Record<string, unknown>>;

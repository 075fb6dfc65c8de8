/** A request in the documentation, as a user would paste it into a shell. */
export interface CurlRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Splits a command into words like a shell. */
export function wordsOf(line: string, variables: Readonly<Record<string, string>> = {}): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) =>
    match[1] !== undefined ? match[1] : expand(match[2] ?? match[3] ?? '', variables),
  );
}

/**
 * Parses a `curl` command like a shell, as far as the documentation uses it, so that its examples run without curl.
 * @throws {Error} for an unknown option.
 */
export function parseCurl(line: string, variables: Readonly<Record<string, string>> = {}): CurlRequest {
  const words = wordsOf(line, variables);
  if (words.shift() !== 'curl') throw new Error(`not a curl line: ${line}`);
  let method = 'GET';
  let body: string | undefined;
  let url = '';
  const headers: Record<string, string> = {};
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-s') continue;
    else if (word === '-X') method = words.shift() ?? '';
    else if (word === '-d') body = words.shift();
    else if (word === '-H') {
      const [name = '', value = ''] = (words.shift() ?? '').split(/: (.*)/s);
      headers[name] = value;
    } else if (word.startsWith('-')) throw new Error(`unknown option ${word} in ${line}`);
    else url = word;
  }
  return { method, url, headers, body };
}

function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\w+)/g, (_whole, name: string) => variables[name] ?? '');
}

/** Sends a request parsed by {@link parseCurl}. */
export function send(request: CurlRequest): Promise<Response> {
  return fetch(request.url, { method: request.method, headers: request.headers, body: request.body });
}

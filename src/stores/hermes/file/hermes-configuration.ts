import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Keys with which Hermes's configuration may name another place for its sessions, as in the proposals for it. */
const BACKENDS = [
  ['sessions', 'state_backend'],
  ['sessiondb', 'provider'],
  ['database', 'backend'],
] as const;

/**
 * Why Hermes does not write to the `state.db` in its folder: its configuration names a PostgreSQL database instead, and the file is stale. Null if
 * the configuration does not say so.
 */
export async function whyStateDbStandsStill(hermesHome: string): Promise<string | null> {
  const configuration = await readConfiguration(join(hermesHome, 'config.yaml'));
  const named = BACKENDS.find(([section, key]) => {
    const backend = fieldOf(fieldOf(configuration, section), key);
    return typeof backend === 'string' && /^postgres/i.test(backend.trim());
  });
  return named === undefined
    ? null
    : `Hermes keeps its history in PostgreSQL (${named.join('.')} in ${join(hermesHome, 'config.yaml')}): state.db stands still, and nothing newer is served from it.`;
}

async function readConfiguration(path: string): Promise<unknown> {
  try {
    const text = await readFile(path, 'utf8');
    // Most configurations do not mention it, and need no YAML parser.
    if (!/postgres/i.test(text)) return undefined;
    const { parse } = await import('yaml');
    return parse(text);
  } catch {
    // Without a readable configuration, Hermes keeps its history in the file.
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where Hermes's configuration says that its sessions are kept elsewhere, in the names of the proposals for it. */
const BACKENDS = [
  ['sessions', 'state_backend'],
  ['sessiondb', 'provider'],
  ['database', 'backend'],
] as const;

/**
 * Why the `state.db` in a folder of Hermes's is not what it writes to: its configuration names a PostgreSQL database instead, so that the
 * file stays as it was. Null where nothing says so.
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
    // Most say nothing of it, for which nobody has to read YAML.
    if (!/postgres/i.test(text)) return undefined;
    const { parse } = await import('yaml');
    return parse(text);
  } catch {
    // Without a configuration that can be read, Hermes keeps its history in the file.
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

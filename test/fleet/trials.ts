import { runSql } from '../support/database.js';
import { runCli } from '../support/process.js';
import { until } from '../support/wait.js';
import { named, type Fleet } from './fleet.js';
import type { FleetHost } from './host.js';

/** Something that happens to a fleet, and what has to hold meanwhile. */
export interface Trial {
  readonly name: string;
  /** @returns what was seen. @throws where something else than it should was. */
  readonly run: (fleet: Fleet) => Promise<string>;
}

/** How often what can be repeated is. */
export interface Repetitions {
  readonly crashes: number;
  readonly kills: number;
}

/** All of them, in an order in which each leaves the fleet as the next one needs it: the last one ends the first database. */
export function trialsOf({ crashes, kills }: Repetitions): readonly Trial[] {
  return [
    { name: `the database is killed, ${crashes} times`, run: (fleet) => crashDatabase(fleet, crashes) },
    { name: `a shipper is killed, ${kills} times`, run: (fleet) => killShippers(fleet, kills) },
    {
      name: `all connections swallow what is sent, ${crashes} times`,
      run: (fleet) => swallow(fleet, crashes),
    },
    { name: 'the database falls silent for 15 s', run: fallSilent },
    { name: 'a second host has the name of another', run: sameName },
    { name: 'a host asks for what is not its own', run: hostile },
    { name: "a host's history is emptied, and put back", run: emptied },
    { name: 'a newer version prepares the database', run: newerLayout },
    { name: 'the database is set back to a copy', run: restore },
    { name: 'the database is lost, and its standby takes over', run: failOver },
  ];
}

async function crashDatabase(fleet: Fleet, times: number): Promise<string> {
  let longest = 0;
  for (let time = 0; time < times; time++) {
    await fleet.workFor(1500);
    await fleet.cluster.crash();
    longest = Math.max(longest, await fleet.answering());
  }
  return `answered again after ${longest.toFixed(1)} s at most`;
}

async function killShippers(fleet: Fleet, times: number): Promise<string> {
  for (let time = 0; time < times; time++) {
    await fleet.workFor(300);
    await fleet.anyHost.killShipper();
  }
  return 'started again each time';
}

async function swallow(fleet: Fleet, times: number): Promise<string> {
  let longest = 0;
  for (let time = 0; time < times; time++) {
    await fleet.workFor(1500);
    fleet.gateway.forget();
    await fleet.workFor(1000);
    longest = Math.max(longest, await fleet.answering(), await fleet.whole());
  }
  return `answers, and is the same everywhere, after ${longest.toFixed(1)} s at most`;
}

async function fallSilent(fleet: Fleet): Promise<string> {
  fleet.gateway.fallSilent(true);
  await fleet.workFor(15_000);
  fleet.gateway.fallSilent(false);
  return `answers again after ${(await fleet.answering()).toFixed(1)} s`;
}

async function sameName(fleet: Fleet): Promise<string> {
  const [host, other] = twoOf(fleet);
  const { code, stderr } = await runCli(['ship', '--once', '--origin', host.name], {
    ...host.environment,
    STATE_DB: other.path,
  });
  requireThat(code === 1 && stderr.includes(host.name), `${String(code)}: ${stderr}`);
  return `refused: ${stderr.trim()}`;
}

async function hostile(fleet: Fleet): Promise<string> {
  const [host, other] = twoOf(fleet);
  const seen = await runSql(host.databaseUrl, 'SELECT DISTINCT origin FROM histories');
  requireThat(
    JSON.stringify(seen) === JSON.stringify([{ origin: host.name }]),
    `saw ${JSON.stringify(seen)}`,
  );
  const changed = await runSql(
    host.databaseUrl,
    'WITH gone AS (DELETE FROM messages WHERE session_id LIKE $1 RETURNING 1) SELECT count(*)::int AS gone FROM gone',
    [`${other.name}-%`],
  );
  requireThat(changed[0]?.gone === 0, `deleted ${String(changed[0]?.gone)} messages of another`);
  for (const sql of [
    "INSERT INTO commands (history_id, session_id, kind) VALUES (1, 'x', 'delete')",
    'SELECT * FROM api_keys',
  ])
    await refused(host.databaseUrl, sql);
  return 'sees and changes its own history alone; no commands, no keys';
}

async function emptied(fleet: Fleet): Promise<string> {
  await fleet.whole();
  const { anyHost: host } = fleet;
  host.isQuiet = true;
  await fleet.whole();
  const before = await host.centralDigest(fleet.database);
  const putBack = host.empty();
  const held = (): Promise<number> =>
    runSql(fleet.database, 'SELECT held_sessions::int AS held FROM histories WHERE origin = $1', [
      host.name,
    ]).then(([row]) => Number(row?.held));
  await until(async () => (await held()) > 0, 'That the loss is held back');
  const count = await held();
  requireThat((await host.centralDigest(fleet.database)) === before, 'the centre has lost some of it');
  putBack();
  await until(async () => (await held()) === 0, 'That nothing is held back any more');
  host.isQuiet = false;
  return `${count} sessions were held back, none lost`;
}

async function newerLayout(fleet: Fleet): Promise<string> {
  const { anyHost: host } = fleet;
  await runSql(
    fleet.database,
    `INSERT INTO schema_migrations ("timestamp", name, is_expanding) VALUES (1999999999999, 'Later1999999999999', false)`,
  );
  for (const args of [['migrate'], ['ship', '--once', '--origin', host.name]]) {
    const { code, stderr } = await runCli(args, { ...host.environment, DATABASE_URL: fleet.database });
    requireThat(code === 1 && stderr.includes('newer version'), `${args.join(' ')}: ${stderr}`);
  }
  await until(async () => (await fleet.readiness()).includes('newer version'), 'That the server says so');
  await runSql(fleet.database, "DELETE FROM schema_migrations WHERE name = 'Later1999999999999'");
  await fleet.answering();
  return 'commands, shippers and the server stop and say so; all go on when it is as it was';
}

/** As somebody does who restores yesterday's copy. */
async function restore(fleet: Fleet): Promise<string> {
  const maintenance = named(fleet.database, 'postgres');
  await fleet.whole();
  await withoutClients(fleet, async () => {
    await runSql(maintenance, 'CREATE DATABASE copied TEMPLATE fleet');
  });
  await fleet.workFor(5000);
  await withoutClients(fleet, async () => {
    await runSql(maintenance, 'DROP DATABASE fleet');
    await runSql(maintenance, 'ALTER DATABASE copied RENAME TO fleet');
  });
  return `answers again after ${(await fleet.answering()).toFixed(1)} s`;
}

async function withoutClients(fleet: Fleet, work: () => Promise<void>): Promise<void> {
  await fleet.gateway.refuse();
  await until(async () => {
    const rows = await runSql(
      named(fleet.database, 'postgres'),
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fleet'",
    );
    return rows.length === 0;
  });
  await work();
  await fleet.gateway.accept();
}

async function failOver(fleet: Fleet): Promise<string> {
  const { standby } = fleet;
  const database = standby.to(fleet.database);
  await fleet.whole();
  // The standby asks again after 5 s: what is acknowledged meanwhile does not come as far.
  await runSql(fleet.database, 'SELECT pg_terminate_backend(pid) FROM pg_stat_replication');
  await fleet.workFor(3000);
  await fleet.gateway.refuse();
  await standby.promote(fleet.database);
  await until(async () => (await runSql(database, 'SELECT pg_is_in_recovery() AS is'))[0]?.is === false);
  const [row] = await runSql(database, 'SELECT count(*)::int AS behind FROM histories');
  fleet.database = database;
  const behind = (await fleet.differences()).length;
  fleet.gateway.leadTo(database);
  await fleet.gateway.accept();
  await fleet.answering();
  return `${behind} of ${String(row?.behind)} hosts had sent what it had not`;
}

function twoOf({ hosts }: Fleet): readonly [FleetHost, FleetHost] {
  const [one, other] = hosts;
  if (one === undefined || other === undefined) throw new Error('A fleet has two hosts at least.');
  return [one, other];
}

async function refused(url: string, sql: string): Promise<void> {
  const outcome = await runSql(url, sql).then(
    () => 'done',
    (error: unknown) => String(error),
  );
  requireThat(outcome.includes('permission denied'), `${sql}: ${outcome}`);
}

function requireThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { SchemaVersion } from '../../src/demo/state-db/schema.js';
import { temporaryFolder } from './server.js';

/** 2026-05-01T00:00:00Z in epoch seconds; times of the small history are hours after it. */
const MAY_FIRST = 1_777_593_600;

export function hour(hours: number): number {
  return MAY_FIRST + hours * 3600;
}

/**
 * A small history with one of everything: a plain conversation, a chain of three, a delegate, a branch, a
 * reset, an archived one, an empty one, structured content, tool calls, and a damaged row.
 * @returns the path of the file, in a folder of its own.
 */
export function smallHistory(version: SchemaVersion, journalMode: 'wal' | 'delete' = 'wal'): string {
  return onceWritten(`small ${version} ${journalMode}`, (path) => {
    writeSmallHistory(path, version, journalMode);
  });
}

/** Files of histories that this worker has already written, by their kind. */
const written = new Map<string, Buffer>();

/**
 * A history that is written at its first use and copied afterwards, which takes a hundredth of the time.
 * @param kind identifies the content completely.
 * @returns the path of the file, in a folder of its own.
 */
export function onceWritten(kind: string, write: (path: string) => void): string {
  const path = join(temporaryFolder(), 'state.db');
  fillOnce(path, kind, write);
  return path;
}

function fillOnce(path: string, kind: string, write: (path: string) => void): void {
  const file = written.get(kind);
  if (file === undefined) write(path);
  else writeFileSync(path, file, { mode: 0o600 });
  written.set(kind, file ?? readFileSync(path));
}

function writeSmallHistory(path: string, version: SchemaVersion, journalMode: 'wal' | 'delete'): void {
  const writer = HistoryWriter.create(path, version, journalMode);
  writer.together(() => {
    writePlain(writer);
    writeChain(writer);
    writeChildren(writer);
    writeOddities(writer);
  });
  writer.close();
}

function writePlain(writer: HistoryWriter): void {
  writer.addSession({
    id: 'plain',
    source: 'cli',
    user_id: 'ana',
    model: 'openai/gpt-5',
    title: 'Garden irrigation',
    started_at: hour(1),
    ended_at: hour(2),
    end_reason: 'user_exit',
    input_tokens: 1200,
    estimated_cost_usd: 0.25,
    system_prompt: 'SECRET SYSTEM PROMPT',
    model_config: '{"api_key": "SECRET CONFIG"}',
  });
  say(writer, 'plain', 'user', 'How often should I water <b>tomatoes</b> & basil?', hour(1));
  writer.addMessage({
    session_id: 'plain',
    role: 'assistant',
    content: '',
    timestamp: hour(1) + 10,
    tool_calls: '[{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]',
    finish_reason: 'tool_calls',
    reasoning: 'Check the forecast first.',
  });
  writer.addMessage({
    session_id: 'plain',
    role: 'tool',
    content: 'Dry until Friday',
    timestamp: hour(1) + 11,
    tool_call_id: 'c1',
    tool_name: 'weather',
  });
  writer.addMessage({
    session_id: 'plain',
    role: 'assistant',
    content: 'Twice a week, early in the morning.',
    timestamp: hour(1) + 20,
    token_count: 9,
    finish_reason: 'stop',
  });
}

function writeChain(writer: HistoryWriter): void {
  const parts = [
    {
      id: 'chain-1',
      parent: null,
      title: 'Novel draft',
      end: 'compression',
      text: 'The lighthouse keeper wakes',
    },
    { id: 'chain-2', parent: 'chain-1', title: null, end: 'compression', text: 'The storm breaks' },
    { id: 'chain-3', parent: 'chain-2', title: null, end: null, text: 'The keeper writes a letter' },
  ];
  parts.forEach((part, index) => {
    writer.addSession({
      id: part.id,
      source: index === 0 ? 'telegram' : 'cli',
      user_id: index === 0 ? 'bo' : null,
      model: index === 2 ? 'anthropic/claude-opus-4' : 'openai/gpt-5',
      title: part.title,
      parent_session_id: part.parent,
      started_at: hour(3 + index),
      // Simulates a race: the end is later than the start of the continuation.
      ended_at: part.end === null ? null : hour(5 + index),
      end_reason: part.end,
    });
    say(writer, part.id, 'user', part.text, hour(3 + index));
    say(writer, part.id, 'assistant', `Chapter ${index + 1}.`, hour(3 + index) + 5);
  });
}

function writeChildren(writer: HistoryWriter): void {
  const child = (id: string, more: Readonly<Record<string, string | number | null>>): void => {
    writer.addSession({ id, source: 'cli', started_at: hour(9), parent_session_id: 'plain', ...more });
    say(writer, id, 'user', `Work of ${id}`, hour(9));
  };
  child('delegate', { source: 'subagent', model_config: '{"_delegate_from": "plain"}' });
  child('delegate-of-delegate', {
    source: 'subagent',
    parent_session_id: 'delegate',
    model_config: '{"_delegate_from": "delegate"}',
  });
  child('branch', { title: 'A branch', model_config: '{"_branched_from": "plain"}', started_at: hour(10) });
  child('reset', { title: 'After a reset', model_config: '{"_reset_from": "plain"}', started_at: hour(11) });
  child('unmarked-child', { source: 'tool' });
}

function writeOddities(writer: HistoryWriter): void {
  writer.addSession({
    id: 'archived',
    source: 'discord',
    title: 'Old plans',
    started_at: hour(12),
    archived: 1,
  });
  say(writer, 'archived', 'user', 'Plans of last year about irrigation', hour(12));
  writer.addSession({ id: 'empty', source: 'slack', started_at: hour(13), model_config: 'not json' });
  writer.addSession({
    id: 'odd/id "quoted" 🚀',
    source: 'api_server',
    title: '部署计划',
    started_at: hour(14),
  });
  writer.addMessage({
    session_id: 'odd/id "quoted" 🚀',
    role: 'user',
    content:
      '\u0000json:[{"type": "text", "text": "请检查部署计划 🚀"}, {"type": "image_url", "image_url": {"url": "data:,"}}]',
    timestamp: hour(14),
  });
  writer.addSession({
    id: 'damaged',
    source: 'cli',
    started_at: 5e246,
    ended_at: 'yesterday',
    title: 'No time',
  });
  writer.addMessage({
    session_id: 'damaged',
    role: 'assistant',
    content: '\u0000json:{broken',
    timestamp: 'never',
    tool_calls: '{broken',
  });
}

/**
 * Adds older conversations, enough for the index to be built and compared in its thread.
 * @returns the same path.
 */
export function withManySessions(path: string, count = 600): string {
  const before = createHash('sha256').update(readFileSync(path)).digest('hex');
  fillOnce(path, `${count} more than ${before}`, () => {
    addManySessions(path, count);
  });
  return path;
}

function addManySessions(path: string, count: number): void {
  const writer = HistoryWriter.open(path);
  writer.together(() => {
    for (let number = 0; number < count; number++) {
      const id = `filler-${number}`;
      writer.addSession({
        id,
        source: 'filler',
        started_at: hour(-2000 + number),
        archived: number % 10 === 0 ? 1 : 0,
      });
      say(writer, id, 'user', `Filler conversation ${number}`, hour(-2000 + number));
    }
  });
  writer.close();
}

export function say(
  writer: HistoryWriter,
  sessionId: string,
  role: string,
  content: string,
  timestamp: number,
): number {
  return writer.addMessage({ session_id: sessionId, role, content, timestamp });
}

/** Ids in the default list of {@link smallHistory}, newest activity first. */
export function listedIds(version: SchemaVersion): readonly string[] {
  const archived = version >= 16 ? [] : ['archived'];
  return ['odd/id "quoted" 🚀', 'empty', ...archived, 'reset', 'branch', 'chain-3', 'plain', 'damaged'];
}

/** The small history with a session that exceeds the socket buffers when it is sent. */
export function historyWithLongSession(): string {
  const path = smallHistory(25);
  const writer = HistoryWriter.open(path);
  writer.addSession({ id: 'long', source: 'cli', started_at: hour(30) });
  writer.together(() => {
    for (let at = 0; at < 3000; at++) {
      writer.addMessage({
        session_id: 'long',
        role: 'tool',
        content: 'x'.repeat(20_000),
        timestamp: hour(30) + at,
      });
    }
  });
  writer.close();
  return path;
}

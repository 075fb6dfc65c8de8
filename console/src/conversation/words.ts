import { sizeOf } from '../../../src/text/attachment.js';
import { counted } from '../words.js';

/** What an open conversation says to whoever reads it, in one place. */
export const WORDS = {
  conversation: 'Conversation',
  messages: 'Messages',
  loading: 'Loading…',
  archived: 'archived',
  begun: (time: string) => `begun ${time}`,
  turns: (count: number) => counted(count, 'turn'),
  tokens: (count: number) => counted(count, 'token'),
  compressed: (times: number) => `compressed ${counted(times, 'time')}`,
  goesOn: 'compressed, and goes on in',
  cameFrom: 'came from',
  ledTo: 'led to',
  noMessage: 'No message yet.',
  seam: 'compressed here: Hermes went on with a summary',
  unreadable: 'This message cannot be shown as it should. What is known of it:',
  thought: 'Thought',
  text: 'Text',
  picture: 'Part of the message',
  pictureElsewhere: (address: string) => `An image elsewhere: ${address}`,
  largePicture: (megabytes: number) => `Show an image of ${megabytes} MB`,
  recording: 'Recording of the message',
  attachment: (type: string, bytes: number) => `${type}, ${sizeOf(bytes)}`,
  rest: (characters: number) => `Show the other ${counted(characters, 'character')}`,
  imageInText: (alt: string, address: string) =>
    `[image${alt === '' ? '' : `: ${alt}`}${address === '' ? '' : ` at ${address}`}]`,
  table: 'Table',
  task: (isDone: boolean) => (isDone ? 'done' : 'to do'),
  copy: 'Copy',
  copyCode: 'Copy code',
  copied: 'Copied',
  copyMessage: 'Copy message',
  copyLink: 'Copy link',
  copyMessageLink: 'Copy link to message',
  resume: 'Continue in Hermes',
  newMessages: (count: number) => `↓ ${counted(count, 'new message')}`,
  more: 'More about the conversation',
  aTool: 'a tool',
  calls: (count: number) => counted(count, 'tool call'),
  failed: (count: number) => `${count.toLocaleString()} failed`,
  outcomes: { succeeded: 'succeeded', failed: 'failed', open: 'no result yet' },
  arguments: 'Arguments',
  output: 'Output',
  noOutput: 'No output.',
  changes: 'Changes',
  hideTools: 'Hide tools',
  find: 'Find',
  findInside: 'Find in this conversation',
  findPlace: (at: number, total: number) => `${at.toLocaleString()} of ${total.toLocaleString()}`,
  findNothing: 'No results',
  findBusy: 'Searching…',
  findPrevious: 'Previous result',
  findNext: 'Next result',
  findClose: 'Close the search in this conversation',
} as const;

/** How long something took, in few characters. @param milliseconds at least 0. */
export function durationOf(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Called when an answer has ended. */
type OnEnd = () => void;

/** The unfinished answers of each connection with their listeners. The first of them is being sent. */
const OPEN = new WeakMap<Socket, Map<ServerResponse, OnEnd[]>>();

/** Whether an answer is over: it was sent, or its connection is closed. */
export function hasEnded({ closed, req }: ServerResponse): boolean {
  return closed || req.socket.destroyed;
}

/** Whether a connection has an unfinished answer with a listener. */
export function isAnswering(socket: Socket): boolean {
  return (OPEN.get(socket)?.size ?? 0) > 0;
}

/**
 * Calls `tell` once when an answer was sent or its connection was closed, immediately if that has already happened. Node reports a closed connection
 * only to the answer being sent: pipelined answers behind it have no connection yet and are never notified.
 */
export function onAnswerEnd(response: ServerResponse, tell: OnEnd): void {
  if (hasEnded(response)) {
    tell();
    return;
  }
  const { socket } = response.req;
  const answers = answersOf(socket);
  const told = answers.get(response);
  if (told === undefined) {
    answers.set(response, [tell]);
    response.once('close', () => {
      end(answers, response);
    });
  } else told.push(tell);
}

function answersOf(socket: Socket): Map<ServerResponse, OnEnd[]> {
  const known = OPEN.get(socket);
  if (known !== undefined) return known;
  const answers = new Map<ServerResponse, OnEnd[]>();
  OPEN.set(socket, answers);
  socket.once('close', () => {
    for (const response of answers.keys()) end(answers, response);
  });
  return answers;
}

function end(answers: Map<ServerResponse, OnEnd[]>, response: ServerResponse): void {
  const told = answers.get(response) ?? [];
  answers.delete(response);
  for (const tell of told) tell();
}

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Is told that an answer has ended. */
type OnEnd = () => void;

/** The answers of each connection that have not ended, the first of which is being sent, and who is told of their ends. */
const OPEN = new WeakMap<Socket, Map<ServerResponse, OnEnd[]>>();

/** Whether nobody gets more of an answer: it is sent, or its connection is closed. */
export function hasEnded({ closed, req }: ServerResponse): boolean {
  return closed || req.socket.destroyed;
}

/** Whether any answer of a connection that somebody waits to be told of has not ended. */
export function isAnswering(socket: Socket): boolean {
  return (OPEN.get(socket)?.size ?? 0) > 0;
}

/**
 * Tells once that an answer was sent or its connection was closed, at once where that is so already. Node tells of the second only the
 * answer that is being sent: those of requests that a client sent ahead wait without a connection of their own, and hear of nothing.
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

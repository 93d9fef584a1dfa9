// The lines that go over a control connection: a JSON object each, in UTF-8 (docs/control.md).
//
//   server   {"event":"hello","protocol":1,...}                   first, once
//   client   {"id":7,"action":"type","text":"ls"}
//   server   {"id":7,"result":{}}                                 when it is done, in any order
//            {"id":7,"error":{"code":"locked","message":"..."}}
//            {"event":"restarted"}                                at any time
import { DoppelError } from '../base/errors.ts';
import { type Action, ControlError, type ControlErrorCode, parseAction } from './actions.ts';

/** Changes when a client that was written for an earlier one would go wrong; new actions and fields do not change it. */
export const PROTOCOL_VERSION = 1;
/** Bytes of a line that a client may send. */
export const LONGEST_LINE = 1 << 20;
/** Actions of one connection that may be under way. */
export const MOST_PENDING = 64;

export type RequestId = number | string | null;

export interface Hello {
  readonly event: 'hello';
  readonly protocol: number;
  /** Version of the program. */
  readonly doppel: string;
  readonly name: string;
  readonly pid: number;
}

export type Answer =
  | { readonly id: RequestId; readonly result: object }
  | { readonly id: RequestId; readonly error: { readonly code: ControlErrorCode; readonly message: string } };

/** What happens to the machine, told to every connection. */
export type ControlEvent =
  | { readonly event: 'restarted' | 'paused' | 'resumed' | 'suspended' | 'woken' }
  /** The guest has opened or closed the drive's tray. */
  | { readonly event: 'tray'; readonly open: boolean }
  /** The last line: how the run ended (`reason` as in MachineEnd). */
  | { readonly event: 'ended'; readonly reason: string };

/** Reads a client's line. Throws ControlError, with the request's id where that could be read. */
export function parseRequest(line: string): { readonly id: RequestId; readonly action: Action } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new RequestError(null, new ControlError('bad-request', 'The line is no JSON.', { cause: error }));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RequestError(null, new ControlError('bad-request', 'The line is no JSON object.'));
  }
  const given = (value as { id?: unknown }).id;
  const id = typeof given === 'number' || typeof given === 'string' ? given : null;
  try {
    return { id, action: parseAction(value as Record<string, unknown>) };
  } catch (error) {
    throw new RequestError(id, error);
  }
}

/** A request that could not be read, with the answer's id. */
export class RequestError extends Error {
  readonly id: RequestId;
  constructor(id: RequestId, cause: unknown) {
    super('bad request', { cause });
    this.id = id;
  }
}

/** The answer for an action that failed. Errors that are nobody's to mend are told without their details. */
export function failure(id: RequestId, error: unknown): Answer {
  const code = error instanceof ControlError ? error.code : 'failed';
  const message = error instanceof DoppelError ? error.message : 'The action failed.';
  return { id, error: { code, message } };
}

import {
  type ClientMessage,
  type CoordinatorMessage,
  type clientMessageSchema,
  type coordinatorMessageSchema,
  readFrame,
} from "../../src/protocol/messages.ts";
import type { Checker } from "./checker.ts";
import type { World } from "./world.ts";

type Message = ClientMessage | CoordinatorMessage;

/**
 * What a message is on its way. In a thorough run it is text, as on a socket, and passes the schema on arrival. In all
 * others it is the message itself, deeply frozen: whoever changes what he sent or heard breaks the run at once, and
 * nothing is written and read again.
 */
export type Frame = { readonly text: string } | { readonly message: Message };

/** Makes the frame of a message, and looks for values in it. */
export function frameOf(world: World, checker: Checker, from: string, message: Message): Frame {
  if (!world.plan.thorough) {
    checker.frozen(from, message);
    return { message };
  }
  const text = JSON.stringify(message);
  checker.wire(from, text);
  return { text };
}

/** The message of a frame; undefined (and a violation) when it does not pass the schema. */
export function messageOf<Schema extends typeof clientMessageSchema | typeof coordinatorMessageSchema>(
  world: World,
  frame: Frame,
  schema: Schema,
): ReturnType<typeof readFrame<Schema>> {
  if ("message" in frame) return frame.message as ReturnType<typeof readFrame<Schema>>;
  const message = readFrame(schema, frame.text);
  if (!message) world.report({ invariant: 0, text: `what is no message was sent: ${frame.text}` });
  return message;
}

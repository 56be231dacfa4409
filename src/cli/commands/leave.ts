import { attachPeer } from "../../runtime/peers.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { connectTimeoutMs, withPeer } from "../peers.ts";

/** `envpact leave`: ends the membership; the files stay as they are. */
export function declareLeave(host: CommandHost): void {
  host.declare(host.root, "leave", "end the membership of the folder; files stay", (session) =>
    withPeer(session, attachPeer, async (peer) => {
      await peer.ready(connectTimeoutMs);
      const { name, space } = peer.view;
      await peer.leave();
      session.output.result({ left: true }, `${name} left ${space}. The files stay.`);
      return exitCodes.done;
    }),
  );
}

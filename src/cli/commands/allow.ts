import { attachPeer } from "../../runtime/peers.ts";
import { keysOf } from "../arguments.ts";
import { exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { withPeer } from "../peers.ts";

/** `envpact allow KEY…`: consents to changes, by others, of keys that make programs run other code. */
export function declareAllow(host: CommandHost): void {
  host.declare(
    host.root,
    "allow <keys...>",
    "let others change keys here that make programs run other code (PATH, NODE_OPTIONS, …)",
    (session, operands) => {
      const allowed = keysOf(operands);
      return withPeer(session, attachPeer, async (peer) => {
        await peer.allow(allowed);
        session.output.result({ allowed }, `Others may change ${allowed.join(", ")} here.`);
        return exitCodes.done;
      });
    },
  );
}

import type { Places } from "./places.ts";
import type { Name } from "./samples.ts";
import type { Teller } from "./teller.ts";

/** Says what a person can do now. `links` lead to windows in the browser; `desktop`: they are open already. */
export function howToGoOn(
  teller: Teller,
  places: Places,
  links: ReadonlyMap<Name, string> | undefined,
  desktop: boolean,
): void {
  const { command } = places;
  const [web, worker] = [places.folder("web"), places.folder("worker")];
  teller.heading("Go on from here. Everything stays up until you press Ctrl+C.");
  if (links !== undefined) {
    teller.line("  Open both windows, side by side:");
    for (const [name, link] of links) teller.line(`      ${name.padEnd(5)}${link}`);
  }
  if (links !== undefined || desktop) {
    teller.line(
      "  In web, click the Envpact icon on the left. Space shows LOG_LEVEL as changed. Change API_URL in",
    );
    teller.line(
      "  web/.env too, run “Envpact: Commit Changes” from the palette (F1) with API_URL alone, and see it",
    );
    teller.line("  arrive in the api window.");
  }
  teller.line("  LOG_LEVEL is still refused by worker. To let it through, paste into another terminal:");
  for (const words of [
    `discard LOG_LEVEL --dir ${worker}`,
    `commit -m "Say less" --dir ${web}`,
    `log --dir ${worker}`,
    `status --dir ${worker}`,
  ]) {
    teller.line(`      ${command} ${words}`);
  }
}

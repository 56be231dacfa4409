import type { Places } from "./places.ts";
import type { Name } from "./samples.ts";
import { shellWord } from "./shell.ts";
import type { Teller } from "./teller.ts";

/** Says what a person can do now. `links` lead to windows in the browser; `desktop`: they are open already. */
export function howToGoOn(
  teller: Teller,
  places: Places,
  links: ReadonlyMap<Name, string> | undefined,
  desktop: boolean,
): void {
  teller.heading("Go on from here. Everything stays up until you press Ctrl+C.");
  if (links !== undefined) {
    teller.line("  Open both windows, side by side:");
    for (const [name, link] of links) teller.line(`      ${name.padEnd(5)}${link}`);
  }
  if (links !== undefined || desktop) {
    teller.line(
      "  In web/.env, change the value of API_URL and save. Click the Envpact icon on the left; under",
    );
    teller.line(
      "  Space, Changes, point at API_URL and click Commit Changes. The file changes in the api window.",
    );
  }
  teller.line("  LOG_LEVEL is still refused by worker. To let it through, paste into another terminal:");
  const folder = (name: Name) => `--dir ${shellWord(places.folder(name))}`;
  for (const words of [
    `discard LOG_LEVEL ${folder("worker")}`,
    `commit LOG_LEVEL -m "Say less" ${folder("web")}`,
    `log ${folder("worker")}`,
    `status ${folder("worker")}`,
  ]) {
    teller.line(`      ${shellWord(places.command)} ${words}`);
  }
}

import { EnvpactError } from "../protocol/errors.ts";

/** The first version of Node that has node:sqlite without a flag. */
const sqliteSince = [22, 13] as const;

/** Throws NO_SQLITE when `version` (such as 24.1.0) cannot run a coordinator. */
export function requireSqlite(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > sqliteSince[0] || (major === sqliteSince[0] && minor >= sqliteSince[1])) return;
  throw new EnvpactError(
    "NO_SQLITE",
    `A coordinator needs Node ${sqliteSince.join(".")} or later; this is ${version}.`,
    "Run it with a newer Node. Peers (join, agent, commit) work with this one.",
  );
}

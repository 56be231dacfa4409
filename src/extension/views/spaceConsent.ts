/** Pure: the row of a change that this folder refused, because nobody here allows others to change such keys. */
import type { ConsentView } from "../../peer/api.ts";
import { spaceCommandIds } from "../spaceIds.ts";
import { actionRow, noteRow, row, type SpaceRow, warning } from "./spaceRow.ts";
import { keyName, keyNames, timeWord } from "./spaceWords.ts";

/** Why such a change waits for a person, in one sentence without its full stop. */
export const consentReason = "Such keys can make programs run other code";

/** Who wants to change what, and what can be done about it. */
export function consentRow(id: string, consent: ConsentView, nowMs: number): SpaceRow {
  const { tx, author, atMs, keys } = consent;
  const refused = `refused here at ${timeWord(atMs, nowMs)}`;
  const self = { id: `${id}#consent:${tx}`, folder: id, tx };
  return row({
    ...self,
    kind: "consent",
    label: "Consent needed",
    description: `${keyNames(keys)} · by ${author}, ${refused}`,
    tooltip: [
      `${author} wants to change ${keys.map(keyName).join(", ")}, ${refused}.`,
      `${consentReason}, so a change of them by others is refused until somebody here allows it. Nothing was changed anywhere.`,
    ].join("\n\n"),
    icon: "shield",
    color: warning,
    expanded: true,
    children: [
      ...keys.map((ref) =>
        row({
          id: `${self.id}:${ref.env}/${ref.key}`,
          kind: "consent",
          folder: id,
          label: ref.key,
          description: ref.env,
          icon: "key",
          words: ["key"],
        }),
      ),
      noteRow({
        id: `${self.id}:why`,
        folder: id,
        label: consentReason,
        description: "so others may not change them here",
        icon: "info",
      }),
      actionRow(self, "Allow Or Keep Refusing…", "shield", spaceCommandIds.allowKeys, {
        description: `once allowed, ${author} can commit it again`,
      }),
      actionRow(self, "Show Timeline", "pulse", spaceCommandIds.showTimeline),
      actionRow(self, "What Is This?", "lightbulb", spaceCommandIds.whatIsThis, { words: ["consent"] }),
    ],
  });
}

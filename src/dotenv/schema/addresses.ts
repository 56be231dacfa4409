/** Whether a text is an IPv4 address in its usual form, without leading zeros. */
export function isIp4(text: string): boolean {
  const parts = text.split(".");
  return (
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  );
}

/** Whether a text is an IPv6 address: eight groups, a run of zeros written `::`, an IPv4 address at the end, a zone. */
export function isIp6(text: string): boolean {
  const zone = text.indexOf("%");
  if (zone !== -1 && !/^%[0-9A-Za-z]+$/.test(text.slice(zone))) return false;
  const halves = text.slice(0, zone === -1 ? text.length : zone).split("::");
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const all = groups.flat();
  const last = all.at(-1) ?? "";
  const mapped = last.includes(".");
  // The IPv4 form stands at the very end only.
  if (mapped && (!isIp4(last) || groups.at(-1)?.length === 0)) return false;
  const plain = mapped ? all.slice(0, -1) : all;
  if (!plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  const count = plain.length + (mapped ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}

/** What a host name may look like beyond two or more labels. */
export interface HostRules {
  readonly wildcard: boolean;
  readonly singleLabel: boolean;
}

/** Whether a text is a host name by RFC 1123, at least two labels unless the rules allow one. */
export function isHostName(text: string, { wildcard, singleLabel }: HostRules): boolean {
  const name = wildcard && text.startsWith("*.") ? text.slice(2) : text;
  if (name.length > 253) return false;
  const labels = name.split(".");
  if (labels.length < 2 && !singleLabel) return false;
  if (labels.length > 1 && /^\d+$/.test(labels.at(-1)!)) return false;
  return labels.every((label) => /^[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?$/i.test(label));
}

/** Whether a text is an e-mail address as people have them: one host of two or more labels, no spaces. */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || text.length > 254) return false;
  const name = text.slice(0, at);
  const host = text.slice(at + 1);
  if (!isHostName(host, { wildcard: false, singleLabel: false }) || !/\.[a-z][0-9a-z-]*[0-9a-z]$/i.test(host))
    return false;
  if (/^"[^"\r\n]+"$/.test(name)) return true;
  return name.split(".").every((part) => /^[^\s<>()[\]\\,;:@"]+$/.test(part));
}

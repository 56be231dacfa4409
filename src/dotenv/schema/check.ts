import { isEmail, isHostName, isIp4, isIp6 } from "./addresses.ts";
import { checkArray, checkRecord, isJsonObject } from "./collections.ts";
import { readDuration, writeDuration } from "./durations.ts";
import type { SchemaType, TypeName } from "./model.ts";
import { matchedCharactersMax, type Pattern } from "./pattern.ts";
import { readNumber } from "./typeReader.ts";

type Check = (type: SchemaType, value: string) => string | undefined;

/** UTF-16 units of a value of the types that are short by nature; a longer one does not fit. */
const shortCharactersMax = 8_192;

/** Members of an enum that a message lists. */
const listedMembersMax = 12;

/**
 * Why a value does not fit a type, as the rest of a sentence about the value ("is not a number"); undefined when it
 * fits. It may repeat what the schema says, such as a prefix, and never holds the value. An empty value fits every
 * type: whether a key may be empty is what `@required` says.
 */
export function checkValue(type: SchemaType, value: string): string | undefined {
  return value === "" ? undefined : checks[type.name](type, value);
}

function numberOf(type: SchemaType, option: string): number | undefined {
  const value = type.options.get(option);
  return typeof value === "number" ? value : undefined;
}

function textOf(type: SchemaType, option: string): string | undefined {
  const value = type.options.get(option);
  return typeof value === "string" ? value : undefined;
}

function isOn(type: SchemaType, option: string): boolean {
  return type.options.get(option) === true;
}

function listOf(type: SchemaType, option: string): readonly string[] | undefined {
  const value = type.options.get(option);
  return Array.isArray(value) ? (value as readonly string[]) : undefined;
}

function checkPattern(type: SchemaType, value: string): string | undefined {
  const pattern = type.options.get("matches") as Pattern | undefined;
  if (pattern?.test === undefined || value.length > matchedCharactersMax) return undefined;
  return pattern.test(value) ? undefined : "does not match the pattern";
}

const checkString: Check = (type, given) => {
  let value = given;
  if (isOn(type, "toUpperCase")) value = value.toUpperCase();
  if (isOn(type, "toLowerCase")) value = value.toLowerCase();
  const { length } = value;
  const exact = numberOf(type, "isLength");
  const least = numberOf(type, "minLength");
  const most = numberOf(type, "maxLength");
  if (exact !== undefined && length !== exact) return `does not have exactly ${characters(exact)}`;
  if (least !== undefined && length < least) return `has fewer than ${characters(least)}`;
  if (most !== undefined && length > most) return `has more than ${characters(most)}`;
  const start = textOf(type, "startsWith");
  const end = textOf(type, "endsWith");
  if (start !== undefined && !value.startsWith(start)) return `does not begin with ${start}`;
  if (end !== undefined && !value.endsWith(end)) return `does not end with ${end}`;
  return checkPattern(type, value);
};

function characters(count: number): string {
  return count === 1 ? "1 character" : `${count} characters`;
}

const checkNumber: Check = (type, value) => {
  let number = readNumber(value.trim());
  if (number === undefined) return "is not a number";
  if (isOn(type, "isInt") && !Number.isInteger(number)) return "is not a whole number";
  const precision = numberOf(type, "precision");
  if (precision !== undefined && precision <= 15) {
    const factor = 10 ** precision;
    const rounded = Math.round(number * factor) / factor;
    if (Number.isFinite(rounded)) number = rounded;
  }
  const divisor = numberOf(type, "isDivisibleBy");
  const clamped = isOn(type, "coerceToMinMaxRange");
  const bounds = clamped ? undefined : checkBounds(type, number, String);
  if (bounds !== undefined) return bounds;
  return divisor === undefined || isMultiple(number, divisor) ? undefined : `is not a multiple of ${divisor}`;
};

/** Decimal fractions have no exact remainder: 0.3 is meant to be a multiple of 0.1. */
function isMultiple(number: number, divisor: number): boolean {
  const times = number / divisor;
  return divisor !== 0 && Math.abs(times - Math.round(times)) <= 1e-9 * Math.max(1, Math.abs(times));
}

function checkBounds(type: SchemaType, number: number, write: (bound: number) => string): string | undefined {
  const min = numberOf(type, "min");
  const max = numberOf(type, "max");
  if (min !== undefined && number < min) return `is less than ${write(min)}`;
  if (max !== undefined && number > max) return `is more than ${write(max)}`;
  return undefined;
}

const booleanPattern = /^(?:t|true|yes|on|1|f|false|no|off|0)$/i;

const checkUrl: Check = (type, value) => {
  const text =
    isOn(type, "prependHttps") && !/^[a-z][0-9a-z+.-]*:\/\//i.test(value) ? `https://${value}` : value;
  if (!URL.canParse(text)) return "is not a URL with its protocol";
  const url = new URL(text);
  const protocols = listOf(type, "allowedProtocols");
  if (protocols !== undefined) {
    const names = protocols.map((name) => name.toLowerCase().replace(/:(?:\/\/)?$/, ""));
    if (!names.includes(url.protocol.slice(0, -1))) return `does not use the protocol ${listed(names)}`;
  }
  const hosts = listOf(type, "allowedDomains")?.map((host) => host.toLowerCase());
  if (
    hosts !== undefined &&
    !hosts.includes(url.host.toLowerCase()) &&
    !hosts.includes(url.hostname.toLowerCase())
  ) {
    return `does not lead to ${listed(hosts)}`;
  }
  if (isOn(type, "noTrailingSlash") && text.endsWith("/")) return "ends with a slash";
  return checkPattern(type, text);
};

const checkDomain: Check = (type, value) => {
  const rules = { wildcard: isOn(type, "allowWildcard"), singleLabel: isOn(type, "allowSingleLabel") };
  const isAddress = isOn(type, "allowIp") && isIp4(value);
  if (!isAddress && !isHostName(value, rules)) return "is not a domain name";
  return checkPattern(type, value);
};

const checkEnum: Check = ({ members }, value) =>
  members.includes(value) ? undefined : `is not ${listed(members)}`;

/** `a, b or c`, shortened. */
function listed(words: readonly string[]): string {
  const shown = words.slice(0, listedMembersMax);
  if (shown.length < words.length) return `one of the ${words.length} allowed (${shown.join(", ")}, …)`;
  const last = shown.at(-1) ?? "";
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(", ")} or ${last}`;
}

const checkPort: Check = (type, value) => {
  if (!/^\d{1,5}$/.test(value.trim()) || Number(value) > 65_535) return "is not a port (0 to 65535)";
  return checkBounds(type, Number(value), String);
};

const checkIp: Check = (type, value) => {
  const version = numberOf(type, "version");
  if (version === 4) return isIp4(value) ? undefined : "is not an IPv4 address";
  if (version === 6) return isIp6(value) ? undefined : "is not an IPv6 address";
  return isIp4(value) || isIp6(value) ? undefined : "is not an IP address";
};

/** The pattern that semver.org gives. */
const semverPattern =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;

const datePattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

function isDate(value: string): boolean {
  const found = datePattern.exec(value);
  if (found === null) return false;
  const [year, month, day, hour, minute, second] = found.slice(1).map((part) => Number(part ?? 0));
  const leap = year! % 4 === 0 && (year! % 100 !== 0 || year! % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month! - 1];
  return days !== undefined && day! >= 1 && day! <= days && hour! < 24 && minute! < 60 && second! <= 60;
}

/** All versions of RFC 9562, and the nil UUID. */
const uuidPattern =
  /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|0{8}(?:-0{4}){3}-0{12})$/i;

const checkDuration: Check = (type, value) => {
  const ms = readDuration(value);
  return ms === undefined ? "is not a duration such as 30s or 1h" : checkBounds(type, ms, writeDuration);
};

/** A check of the whole text that has no options; longer values than any of that kind are not looked at. */
function plain(fits: (value: string) => boolean, otherwise: string): Check {
  return (_, value) => (value.length <= shortCharactersMax && fits(value) ? undefined : otherwise);
}

const checks: Readonly<Record<TypeName, Check>> = {
  any: () => undefined,
  string: checkString,
  number: checkNumber,
  boolean: plain((value) => booleanPattern.test(value.trim()), "is not true or false"),
  url: checkUrl,
  domain: checkDomain,
  enum: checkEnum,
  email: plain(isEmail, "is not an e-mail address"),
  port: checkPort,
  ip: checkIp,
  semver: plain((value) => value.length <= 256 && semverPattern.test(value), "is not a semantic version"),
  isoDate: plain(isDate, "is not a date of ISO 8601"),
  uuid: plain((value) => uuidPattern.test(value), "is not a UUID"),
  md5: plain((value) => /^[0-9a-f]{32}$/i.test(value), "is not an MD5 hash"),
  duration: checkDuration,
  array: (type, value) => checkArray(type, value, checkValue),
  record: (type, value) => checkRecord(type, value, checkValue),
  "simple-object": (_, value) => (isJsonObject(value) ? undefined : "is not a JSON object"),
};

/** Judging by key and value whether something is a secret. In doubt it is one. */

/** Words of a key that mark its value as a secret. */
const secretWords: ReadonlySet<string> = new Set(
  (
    "password passwd passphrase passcode pwd pass pw secret secrets token tokens apikey key keys privatekey " +
    "accesskey credential credentials cred creds auth authorization bearer jwt cookie session salt pepper " +
    "signature signing hmac cert certificate pem pfx p12 keystore dsn webhook license licence seed mnemonic pin otp " +
    "totp private encryption encrypted cipher sas oauth nonce"
  ).split(" "),
);

/** Ends of a key that make it the name of a secret or a setting of one, not the secret. */
const nameOfSecret =
  /(?:^|_)(?:KEY_ID|KEY_NAME|KEY_FILE|KEY_PATH|TOKEN_URL|TOKEN_TTL|AUTH_URL|AUTH_HOST|AUTH_PORT|SESSION_NAME|COOKIE_NAME|COOKIE_DOMAIN|PUBLIC_KEY|PUBLISHABLE_KEY|SITE_KEY)$/;

/** Prefixes that frameworks hand to browsers, where nothing is a secret. */
const publicPrefix = /^(?:NEXT_PUBLIC|VITE|REACT_APP|PUBLIC|EXPO_PUBLIC|NUXT_PUBLIC|GATSBY|VUE_APP|NG_APP)_/;

/** How providers begin the secrets that they hand out. */
const providerPrefix =
  /^(?:sk[_-]|rk_|pk_live_|whsec_|gh[pousr]_|github_pat_|glpat-|xox[abposr]-|xapp-|AKIA|ASIA|AIza|ya29\.|eyJ[\w-]|SG\.|npm_|dop_v1_|hf_|pypi-|-----BEGIN |shpat_|sq0|EAA[A-Z])/;

const placeholderPattern =
  /^(?:change[ _-]?me|replace[ _-]?me|todo|tbd|none|null|undefined|dummy|example|placeholder|fake|your[ _-].*|my[ _-].*|<.*>|\[.*\]|\{\{.*\}\}|x{3,}|\*{3,}|\.{3,}|-{3,})$/i;

/** Whether a key's name says that its value is a secret: DB_PASSWORD, stripeApiKey, AUTH_TOKEN. */
export function isSecretName(key: string): boolean {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase()
    .split(/[_.-]+/);
  const name = words.join("_");
  if (nameOfSecret.test(name)) return false;
  return words.some((word) => secretWords.has(word.toLowerCase()));
}

/** Whether a framework hands the key to browsers by its name. */
export function isPublicName(key: string): boolean {
  return publicPrefix.test(key.toUpperCase());
}

/** Whether a value stands in for one that is still to come: `changeme`, `<your key>`, `xxx`. */
export function isPlaceholder(value: string): boolean {
  return value.length <= 200 && placeholderPattern.test(value.trim());
}

/**
 * Whether a value looks like a secret by itself: it begins as those of a provider, holds a password in a URL, or is
 * a long text as random as keys are. Placeholders do not count.
 */
export function looksLikeSecret(value: string): boolean {
  if (isPlaceholder(value)) return false;
  if (providerPrefix.test(value) || holdsPassword(value)) return true;
  const text = value.slice(0, 512);
  if (/^[a-z][\w+.-]*:\/\//i.test(text)) return randomParts(text.split(/[/?&=#]+/).slice(2));
  return randomParts(text.split(/[\s,;:/]+/));
}

/** `protocol://user:password@host`. */
function holdsPassword(value: string): boolean {
  const found = /^[a-z][\w+.-]{0,40}:\/\/[^/\s:@]{0,200}:([^/\s]{1,400})@/i.exec(value);
  return found !== null && !isPlaceholder(found[1]!);
}

function randomParts(parts: readonly string[]): boolean {
  return parts.some(isRandom);
}

/**
 * Long enough, of more than one kind of character, and with the entropy of Shannon that keys have: words and host
 * names stay below, as they repeat letters and keep to one kind.
 */
function isRandom(part: string): boolean {
  if (part.length < 16 || !/^[\w+/=.~-]+$/.test(part)) return false;
  if (/^[0-9a-f]{32,}$/i.test(part)) return true;
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(part)).length;
  if (kinds < 2 || !/[0-9A-Z]/.test(part.slice(1))) return false;
  return entropy(part) >= 3.5 && changes(part) >= part.length / 5;
}

/** Bits for each character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** How often the kind of character changes from one to the next. */
function changes(text: string): number {
  const kindOf = (character: string): number =>
    /[a-z]/.test(character) ? 0 : /[A-Z]/.test(character) ? 1 : 2;
  let count = 0;
  for (let at = 1; at < text.length; at++) {
    if (kindOf(text.charAt(at)) !== kindOf(text.charAt(at - 1))) count++;
  }
  return count;
}

/**
 * Whether a key may rather be data: a line of a private key that ends with `=` reads as an assignment. Names are
 * written in words; data is long without any, or mixes cases and digits.
 */
export function looksLikeData(key: string): boolean {
  if (key.length > 128 || !/^[A-Za-z_]/.test(key)) return true;
  const words = key.split(/[_.-]+/).filter((word) => word !== "");
  return words.some((word) => {
    if (word.length > 32) return true;
    // camelCase changes once a word, data all the time.
    return word.length >= 8 && /[a-z]/.test(word) && /[A-Z]/.test(word) && /[0-9]/.test(word);
  });
}

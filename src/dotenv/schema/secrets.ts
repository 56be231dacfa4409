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
  /(?:^|_)(?:KEY_ID|KEY_NAME|KEY_FILE|KEY_PATH|TOKEN_URL|TOKEN_TTL|AUTH_URL|AUTH_HOST|AUTH_PORT|SESSION_NAME|COOKIE_NAME|COOKIE_DOMAIN|PUBLIC_KEY|PUBLISHABLE_KEY|SITE_KEY|KEY_PREFIX|SECRET_NAME|HEADER|HEADER_NAME|ARN|ALG|ALGORITHM|TTL|EXPIRES_IN|EXPIRY|EXPIRATION|ISSUER|AUDIENCE|ROUNDS)$/;

/** Prefixes that frameworks hand to browsers, where nothing is a secret. */
const publicPrefix = /^(?:NEXT_PUBLIC|VITE|REACT_APP|PUBLIC|EXPO_PUBLIC|NUXT_PUBLIC|GATSBY|VUE_APP|NG_APP)_/;

/** How providers begin the secrets that they hand out. */
const providerPrefix =
  /^(?:sk[_-](?:live_|test_)?|rk_(?:live_|test_)?|whsec_|gh[pousr]_|github_pat_|glpat-|xox[abposr]-|xapp-|AKIA|ASIA|AIza|ya29\.|eyJ|SG\.|npm_|dop_v1_|hf_|pypi-|shpat_|sq0|EAA[A-Z])/;

/** Characters that what follows such a beginning has at least, and how many different ones; placeholders have fewer. */
const providerTailMin = 12;
const providerTailVarietyMin = 7;

/** What providers hand out to be shown to everybody. */
const publicToken = /^pk_(?:test|live)_/;

/** A key pair's or certificate's text, and what it holds. */
const pemText = /^-----BEGIN ([A-Z0-9 ]{1,40})-----([\s\S]*)/;

/** Words in a made-up token. Four letters in a row come by chance once in ten thousand real ones. */
const madeUpWords =
  /your|here|example|sample|placeholder|change[_-]?me|replace|insert|dummy|fake|redacted|x{4,}|(?<![a-z\d])x{3,}(?![a-z\d])|\*{3}|\.{3}|…|<[^>]*>|abcdef|abc123|0{6,}/i;

/** What a name says of a value that everybody may see: the digest of something. */
const digestWords: ReadonlySet<string> = new Set(
  (
    "commit sha sha1 sha256 sha512 md5 hash digest rev revision checksum etag ref tag image img build version " +
    "fingerprint integrity release"
  ).split(" "),
);

/** A digest that names how it was made, alone or behind what it is of: `sha256:…`, `image@sha256:…`, `sha512-…`. */
const namedDigest = /(?:^|@)(?:sha(?:1|224|256|384|512)|md5)[:-][\w+/=]+$/i;

const placeholderPattern =
  /^(?:change[ _-]?me|replace[ _-]?me|todo|tbd|none|null|undefined|dummy|example|placeholder|fake|your[ _-].*|my[ _-].*|<.*>|\[.*\]|\{\{.*\}\}|x{3,}|\*{3,}|\.{3,}|-{3,})$/i;

/** UTF-16 units of a value that are looked at: tokens are shorter. */
const tokenCharactersMax = 512;

/** Whether a key's name says that its value is a secret: DB_PASSWORD, stripeApiKey, AUTH_TOKEN. */
export function isSecretName(key: string): boolean {
  const words = wordsOf(key);
  const name = words.join("_");
  if (nameOfSecret.test(name)) return false;
  return words.some((word) => secretWords.has(word.toLowerCase()));
}

function wordsOf(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase()
    .split(/[_.-]+/);
}

/** Whether a framework hands the key to browsers by its name. */
export function isPublicName(key: string): boolean {
  return publicPrefix.test(key.toUpperCase());
}

/** Whether a value stands in for one that is still to come: `changeme`, `<your key>`, `xxx`. */
export function isPlaceholder(value: string): boolean {
  return value.length <= 200 && placeholderPattern.test(value.trim());
}

/** Whether a token was made up to show what one looks like: `ghp_xxxx…`, `sk_test_your_key`, `AKIA…EXAMPLE`. */
export function isMadeUp(value: string): boolean {
  return madeUpWords.test(value.slice(0, tokenCharactersMax)) && !/^[a-z][\w+.-]*:\/\//i.test(value);
}

/** Whether a value is a digest of something, as of an image or a commit, and no key of 40 or more hexadecimal digits. */
export function isDigest(key: string, value: string): boolean {
  if (namedDigest.test(value)) return true;
  if (!/^[0-9a-f]{7,128}$/i.test(value) || isSecretName(key)) return false;
  return value.length === 40 || wordsOf(key).some((word) => digestWords.has(word.toLowerCase()));
}

/**
 * Whether a value looks like a secret by itself: it begins as those of a provider, holds a password in a URL, or is
 * a long text as random as keys are. Placeholders do not count.
 */
export function looksLikeSecret(value: string): boolean {
  if (isPlaceholder(value)) return false;
  const pem = pemText.exec(value);
  if (pem) return pem[1]!.includes("PRIVATE") && !isMadeUp(pem[2]!);
  if (publicToken.test(value) || /^arn:/.test(value)) return false;
  if (isOfProvider(value) || holdsPassword(value)) return true;
  const text = value.slice(0, tokenCharactersMax);
  if (/^[a-z][\w+.-]*:\/\//i.test(text)) return randomParts(text.split(/[/?&=#]+/).slice(2));
  return randomParts(text.split(/[\s,;:/]+/));
}

/** Whether a value begins as the secrets of a provider do, and goes on as no placeholder does. */
function isOfProvider(value: string): boolean {
  const prefix = providerPrefix.exec(value)?.[0];
  if (prefix === undefined || isMadeUp(value)) return false;
  const tail = value.slice(prefix.length, tokenCharactersMax);
  return tail.length >= providerTailMin && new Set(tail).size >= providerTailVarietyMin;
}

/** `protocol://user:password@host`. */
function holdsPassword(value: string): boolean {
  const found = /^[a-z][\w+.-]{0,40}:\/\/[^/\s:@]{0,200}:([^/\s]{1,400})@/i.exec(value);
  return found !== null && !isPlaceholder(found[1]!) && !isMadeUp(found[1]!);
}

function randomParts(parts: readonly string[]): boolean {
  return parts.some(isRandom);
}

/**
 * Long enough, of more than one kind of character, and with the entropy of Shannon that keys have: words and host
 * names stay below, as they repeat letters and keep to one kind.
 */
function isRandom(part: string): boolean {
  if (part.length < 16 || !/^[\w+/=.~-]+$/.test(part) || isMadeUp(part)) return false;
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

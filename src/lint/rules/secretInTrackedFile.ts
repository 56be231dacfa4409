import {
  isDigest,
  isMadeUp,
  isPlaceholder,
  isPublicName,
  isSecretName,
  looksLikeSecret,
} from "../../dotenv/schema/secrets.ts";
import type { Rule } from "../rule.ts";

/** UTF-16 units below which a value is too short to be told from a word. */
const secretCharactersMin = 8;

/** What stands for a password in instructions and on a developer's machine. */
const weakWords =
  /^(?:pass(?:word|wd|phrase)?|secret|postgres|mysql|mongo|redis|rabbitmq|guest|root|admin|user(?:name)?|test(?:ing)?|dev(?:elopment)?|local(?:host|dev)?|default|letmein|12345678?9?0?)$/i;

/** A URL whose host is this machine or a neighbour without a domain, as in compose files. */
const localAddress =
  /^[a-z][\w+.-]*:\/\/(?:[^@/\s]*@)?(?:localhost|127\.0\.0\.1|\[::1\]|[a-z][\w-]*)(?::\d+)?(?:[/?#]|$)/i;

/**
 * Reports a value that looks like a real secret in a file that version control has. In an example only what can hardly
 * be anything else: there keys are named like secrets, and values made up.
 */
export const secretInTrackedFile: Rule = {
  id: "secret-in-tracked-file",
  entry: {
    applies: ({ tracked }) => tracked === true,
    suspects: ({ valueStart, valueEnd }) => valueEnd - valueStart >= secretCharactersMin,
    check({ key, value, valueSpan }, _document, { isExample }) {
      if (!isSecret(key, value, isExample)) return undefined;
      const message = `The value of ${key} looks like a real secret, and version control has this file: everyone with the repository can read it, also after it is removed. Replace the secret where it is used, and keep the new one out of the repository.`;
      return { span: valueSpan, key, message };
    },
  },
};

function isSecret(key: string, value: string, isExample: boolean): boolean {
  const text = value.trim();
  if (text.length < secretCharactersMin || isPlaceholder(text) || weakWords.test(text)) return false;
  if (isPutTogether(text) || localAddress.test(text)) return false;
  if (isPublicName(key) || isPublicValue(text) || isMadeUp(text) || isDigest(key, text)) return false;
  if (looksLikeSecret(text)) return true;
  return !isExample && isSecretName(key) && isVaried(text);
}

/** What names something that only its owner can use, and what providers hand out for everybody to see. */
function isPublicValue(text: string): boolean {
  return /^(?:arn:|pk_(?:test|live)_)/.test(text);
}

/** A value that is put together from others holds no secret itself; a `$` inside a password puts nothing together. */
function isPutTogether(text: string): boolean {
  return /\$[{(]|^\$[A-Za-z_]\w*$/.test(text) || /^[a-z][\w+.-]*:\/\/[^/\s]*\$/i.test(text);
}

/** Whether a text mixes kinds of characters, as passwords do and words, numbers, paths and addresses do not. */
function isVaried(text: string): boolean {
  if (/\s/.test(text) || /^(?:[a-z]+:\/)?\.{0,2}\//i.test(text) || /^[\d.,:]+[a-z]{0,2}$/i.test(text))
    return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d_.-]/].filter((kind) => kind.test(text)).length;
  return kinds >= 2 && new Set(text).size >= 6;
}

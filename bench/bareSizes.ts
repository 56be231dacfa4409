/** Bytes of the messages and writes of a commit of one key, as the product has them (docs/PROTOCOL.md). */
export const bytesOf = {
  submit: 320,
  prepare: 420,
  vote: 90,
  prepared: 650,
  record: 850,
  /** What each further voter adds to a record. */
  participant: 15,
  answer: 180,
} as const;

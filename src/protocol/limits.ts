/** Every bound of the system, with its unit in the name. Reaching one is an ordinary, visible event. */
export const limits = {
  /** One WebSocket message, either way. */
  messageBytesMax: 1024 * 1024,
  /** A message before the connection has proved itself. */
  unauthenticatedMessageBytesMax: 4096,
  /** Time a connection has to prove itself. */
  authenticationTimeoutMs: 3_000,
  /** Connections that have not proved themselves yet. */
  unauthenticatedSocketsMax: 16,
  /** All connections of one coordinator. */
  socketsMax: 2_048,
  /** Bytes waiting for a slow reader before it is closed; it resumes by revision. */
  bufferedBytesMax: 8 * 1024 * 1024,
  /** Spaces of one coordinator. */
  spacesMax: 256,
  /** Members of one space. */
  membersMax: 1_024,
  /** Invitations of one space that are neither used nor expired. */
  invitationsMax: 256,
  /** Change sets that wait in one space. */
  queuedSubmitsMax: 256,
  /** Items of one change set, and of all that share a revision. */
  itemsMax: 1_000,
  /** Change sets that share one revision. */
  changeSetsMax: 64,
  /** Bytes of the items of change sets that share a revision, so that PREPARE stays below messageBytesMax. */
  sharedRevisionBytesMax: 512 * 1024,
  /** A value in UTF-8, before sealing. */
  valueBytesMax: 128 * 1024,
  /** A sealed value in base64url. */
  sealedCharsMax: 180 * 1024,
  /** A key's name. */
  keyCharsMax: 256,
  /** Names of environments, peers and spaces. */
  nameCharsMax: 64,
  /** A commit message. */
  commitMessageCharsMax: 1_000,
  /** Records in one CATCHUP message (the byte limit may end it sooner). */
  catchupRecordsMax: 500,
  /** Bytes of records in one CATCHUP message. */
  catchupBytesMax: 512 * 1024,
  /** Revisions whose bodies a coordinator keeps; older ones live on in the snapshot and as (revision, transaction, hash). */
  keptRevisionsMax: 20_000,
  /** Revisions that are compacted at once, so that it happens rarely. */
  compactedRevisionsMin: 5_000,
  /** Keys of the state that one SNAPSHOT message carries (the byte limit may end it sooner). */
  snapshotKeysMax: 1_000,
  /** Heuristic decisions that one peer keeps; the oldest that turned out right goes first. */
  heuristicsMax: 16,
  /** Traces of transactions that one peer keeps for the transaction view. */
  tracesMax: 200,
  /** Answers to aborted requests that are remembered in memory, so that a repeated SUBMIT gets the same one. */
  abortedAnswersMax: 1_024,
  /** Environments that one workspace maps. */
  mappedEnvironmentsMax: 64,
  /** `.env` files are read up to this size; a larger one is refused with a clear error. */
  environmentFileBytesMax: 16 * 1024 * 1024,
  /** `.envpact.json`. */
  configFileBytesMax: 64 * 1024,
  /** The journal of one peer before resolved records are dropped from it. */
  journalBytesMax: 256 * 1024 * 1024,
  /** Default time of a submit, from SUBMIT to its answer. */
  submitTimeoutDefaultMs: 60_000,
  submitTimeoutMaxMs: 24 * 3_600_000,
  /** Time voters have from PREPARE to the last vote. */
  prepareTimeoutMs: 15_000,
  /** Time that a person has to look at a change where a peer asks for review, when the author chose none. */
  reviewTimeoutDefaultMs: 10 * 60_000,
  reviewTimeoutMaxMs: 24 * 3_600_000,
  /** Absence after which the policy `detach` moves a voter to syncing. */
  detachAfterMs: 30_000,
  /** A change of the roster is told this long after it happened, with all others until then. */
  rosterIntervalMs: 100,
  /** In a large space it is told later, so that not more entries of it go out than this, */
  rosterEntriesPerSecondMax: 20_000,
  /** but not later than this. */
  rosterIntervalMaxMs: 5_000,
  /** Retransmission and RESOLVE: first and longest delay. */
  resendFirstMs: 1_000,
  resendMaxMs: 30_000,
  /** Reconnect: first and longest delay, full jitter. */
  reconnectFirstMs: 250,
  reconnectMaxMs: 5_000,
  /** Liveness of a socket: a ping this often, closed after twice as long in silence. */
  pingIntervalMs: 10_000,
  /** A rename that the system refuses for now (Windows: EPERM, EBUSY, EACCES) is retried this often at first. */
  renameRetriesMax: 5,
  /** Then the file shows as locked and is retried at this pace. */
  lockedRetryMs: 5_000,
  /** Superseded local values that are kept for "restore my value". */
  supersededMax: 1_000,
  /** A coordinator started by an editor leaves this long after its last peer did. */
  idleExitMs: 10 * 60_000,
  /** Life of an invitation. */
  invitationLifeDefaultMs: 7 * 24 * 3_600_000,
} as const;

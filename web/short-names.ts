/**
 * Members that only our own code sees, which the page therefore has under names of one or two letters:
 * 0.6 kB of it. None may be a member of a format, of what the page stores or saves, or of the language
 * and the browser; the build refuses a name that anything but code knows, and a test those of formats.
 */
export const SHORT_NAMES: readonly string[] = `
  addCredit addFee addUsage amountMicros areBounds asStated atMs authority balanceMicros balances
  billedMicros channelHeader checkFiles checkLinked claimedTimeMs compiled cosignatures
  endMs enter envelopes fail firstInstalledMs followAddress followLink fromHash fromMs
  fromRoot guard guardSteps headerBytes instantOf isDevelopment lastConfig lineKeys localParts
  membership memberships micros minuteOfDay monthOf needCapability nextMonthStart notAfter notBefore
  offsetAt offsetMs offsetSpanAt openCode openLinked orderedUnder organisations payloadText periods
  picker primitives qtyMicros quantityMicros quorumTimeS restarted setup sha256 signatureHeader
  signingInput slots spanAfter spanFrom spansBetween startAfresh startMs startOfMonth
  statementEvent switcher tariffFacts timeMs timeS toHash toMs toRoot usedMicros
  verifyEd25519 verifyP256 versionAt windowAfter`
  .trim()
  .split(/\s+/);

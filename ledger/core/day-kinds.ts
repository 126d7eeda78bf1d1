/** The kinds of day that a season tells apart; `holiday` is a calendar entry, never a weekday. */
export const DAY_KINDS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'holiday'] as const;
export type DayKind = (typeof DAY_KINDS)[number];

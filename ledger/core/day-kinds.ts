/** The kinds of day that a season tells apart; `holiday` is a calendar entry, never a weekday. */
export const DAY_KINDS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'holiday'] as const;
export type DayKind = (typeof DAY_KINDS)[number];

/** Days that a plan may name. A logged fact makes a day an `event`, never a printed calendar. */
export const PLAN_DAYS = [...DAY_KINDS, 'event'] as const;
export type PlanDay = (typeof PLAN_DAYS)[number];

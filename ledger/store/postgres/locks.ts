/** First keys of our advisory locks. Other programs in the same database have to leave them alone. */
export const LOCKS = { schema: 1_112_428_545, coming: 1_112_428_546 } as const;

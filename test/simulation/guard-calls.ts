/** Puts `around` about every method of an object; the port that it is for does not show. */
export function guardCalls<T extends object>(
  target: T,
  around: (method: string, call: () => unknown) => unknown,
): T {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...parameters: unknown[]) =>
        around(String(name), () => Reflect.apply(member, target, parameters));
    },
  });
}

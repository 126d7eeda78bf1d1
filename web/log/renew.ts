/**
 * Makes what is shown say what `fresh` says, and touches nothing else: focus, selection and an open fold
 * stay where they are while figures change.
 */
export function renew(shown: Element, fresh: readonly Node[]): void {
  const old = [...shown.childNodes];
  if (old.length !== fresh.length) {
    shown.replaceChildren(...fresh);
    return;
  }
  for (const [i, node] of fresh.entries()) {
    const before = old[i];
    if (before !== undefined) renewNode(before, node);
  }
}

function renewNode(old: ChildNode, fresh: Node): void {
  if (old instanceof Element && fresh instanceof Element && old.tagName === fresh.tagName) {
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    renew(old, [...fresh.childNodes]);
  } else if (old instanceof Text && fresh instanceof Text) {
    if (old.data !== fresh.data) old.data = fresh.data;
  } else {
    old.replaceWith(fresh);
  }
}

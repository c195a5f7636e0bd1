// Marks stretches of an article's body by their offsets in code points, without touching its elements (CSS highlights).

const spans = Array.from(document.querySelectorAll("#body [data-at]"), (element) => ({ element, at: Number(element.dataset.at) }));

function spot(offset, end) {
  // An end belongs to the span before it.
  const found = spans.findLast(({ at }) => (end ? at < offset : at <= offset));
  if (!found) return null;
  let rest = offset - found.at;
  let last = null;
  for (const node of found.element.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      const points = Array.from(node.data);
      if (rest <= points.length) return [node, points.slice(0, rest).join("").length];
      rest -= points.length;
      last = [node, node.length];
    } else {
      rest -= 1; // a character that is shown by its number
    }
  }
  return last;
}

function range(start, end) {
  const [from, to] = [spot(start, false), spot(end, true)];
  if (!from || !to) return null;
  const made = new Range();
  made.setStart(...from);
  made.setEnd(...to);
  return made;
}

// `name` is that of the ::highlight in the style sheet; stretches are [start, end].
export function mark(name, stretches) {
  if (!globalThis.CSS?.highlights) return;
  const ranges = stretches.map(([start, end]) => range(start, end)).filter(Boolean);
  if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
  else CSS.highlights.delete(name);
}

export function reveal(start) {
  spot(start, false)?.[0].parentElement.scrollIntoView({ block: "center" });
}

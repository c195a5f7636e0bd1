// Text of others as a page shows it: what would hide or turn it is marked, as view.py's `visible` does.

import { element } from "../elements.js";

const HIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function shown(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(HIDDEN)) {
    parts.push(text.slice(at, found.index), element("span", { class: "hidden-char", text: `U+${found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}` }));
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return parts.filter((part) => part !== "");
}

// The half of a sentence of the service, "…。 …", in the language of the page.
export function half(detail) {
  const cut = detail.indexOf("。 ") + 1;
  return !cut ? detail : document.documentElement.lang === "en" ? detail.slice(cut + 1) : detail.slice(0, cut);
}

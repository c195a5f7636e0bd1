// Keeps what was tried, because a person asked for it: pages with their articles, or articles. What is kept already stays.

import { word } from "./words.js";

const path = (id) => id.split("/").map(encodeURIComponent).join("/");

async function refuseKnown(address, id) {
  const response = await fetch(address);
  if (response.ok || response.status === 410) throw { sentence: () => word("known", id) };
}

async function keepPage(id, part, split, ask) {
  const address = `/v1/pages/${path(id)}`;
  await refuseKnown(address, id);
  const kept = await ask(address, { text: part.text, length: part.length }, "PUT");
  if (split?.edited) await ask("/desk/api/pages/keep", { id, changed: kept.changed, seq: 0, marks: split.marks });
  return { name: id, address: `/desk/pages/${path(id)}` };
}

async function keepArticle(id, { headline, body, date }, ask) {
  const address = `/v1/articles/${path(id)}`;
  await refuseKnown(address, id);
  await ask(address, { headline, body, date: date || null }, "PUT");
  return { name: id, address: `/desk/articles/${path(id)}` };
}

export async function keepAll(id, outcome, split, ask) {
  if (!id) throw { sentence: () => word("noId") };
  const wanted = outcome.flatMap((part) => (part.kind === "page" ? [part] : part.kind === "articles" ? part.articles : []));
  const links = [];
  for (const [n, one] of wanted.entries()) {
    const name = wanted.length === 1 ? id : `${id}-${n + 1}`;
    links.push(await (one.kind === "page" ? keepPage(name, one, wanted.length === 1 ? split : null, ask) : keepArticle(name, one, ask)));
  }
  return links;
}

// The summary as it is written: its length, and its checks, asked of the service once the editor pauses.

import { element } from "../elements.js";
import { call } from "./outbox.js";
import { mark, reveal } from "./places.js";

const PAUSE = 350;
const byId = (id) => document.getElementById(id);
const field = byId("summary");
let timer = 0;
let asked = null;

export function watch(about, say) {
  field.addEventListener("input", () => {
    count(say);
    clearTimeout(timer);
    timer = setTimeout(() => ask(about, say), PAUSE);
  });
  for (const link of document.querySelectorAll("#checks a")) wire(link);
  count(say);
}

export function count(say) {
  byId("length").textContent = say("length", { count: Array.from(field.value).length });
}

export async function ask(about, say) {
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await call("/desk/api/check", { ...about, summary: field.value }, { signal: asked.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json(), say);
  } catch (error) {
    if (error.name === "AbortError") return;
    verdict(say("checks_down"), "");
    byId("checks").replaceChildren(); // they were of another wording
  }
}

function verdict(text, kind) {
  byId("verdict").textContent = text;
  byId("verdict").className = kind;
}

function show(told, say) {
  verdict(say(told.ok ? "checks_ok" : "checks_bad"), told.ok ? "good" : "bad");
  const faults = told.faults.map((fault) => element("li", { class: "chip bad", text: `✗ ${say(`fault_${fault}`)}` }));
  byId("checks").replaceChildren(...faults, ...told.items.map((item) => chip(item, say)));
  for (const old of document.querySelectorAll("#body .drawn")) old.classList.remove("drawn");
  mark("drawn", told.sentences.map(({ start, end }) => [start, end]));
}

function chip(item, say) {
  const kind = element("span", { class: "unseen", text: `${say(`kind_${item.kind}`)} ` });
  if (item.paragraph === null) {
    const missing = item.found ? null : element("small", { text: ` ${say("missing")}` });
    return element("li", { class: item.found ? "chip good" : "chip bad" }, item.found ? "✓ " : "✗ ", kind, item.text, missing);
  }
  const place = element("small", { text: ` ${say("paragraph", { n: item.paragraph })}` });
  const link = element(
    "a",
    { href: `#p${item.paragraph}`, "data-from": item.start, "data-to": item.end },
    "✓ ",
    kind,
    item.text,
    place,
  );
  wire(link);
  return element("li", { class: "chip good" }, link);
}

function wire(link) {
  const place = [Number(link.dataset.from), Number(link.dataset.to)];
  for (const event of ["mouseenter", "focus"]) link.addEventListener(event, () => mark("place", [place]));
  for (const event of ["mouseleave", "blur"]) link.addEventListener(event, () => mark("place", []));
  link.addEventListener("click", (event) => {
    event.preventDefault(); // no step for the back button
    mark("place", [place]);
    reveal(place[0]);
  });
}

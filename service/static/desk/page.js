// One kept page: its split is edited in page_split.js, kept as a draft in this tab, and sent once by the outbox.

import { element } from "../elements.js";
import { Outbox, WHO } from "./outbox.js";
import { Split } from "./page_split.js";
import { half, shown } from "./text.js";

const byId = (id) => document.getElementById(id);
const root = byId("page");
const words = JSON.parse(root.dataset.words);
const data = JSON.parse(byId("page-data").textContent);
const about = { id: root.dataset.id, changed: root.dataset.changed, seq: Number(root.dataset.seq) };
const DRAFT = `caibian-desk-page:${WHO}:${about.id}`;
const addresses = Array.from(byId("made").querySelectorAll(".run-name a"), (link) => link.getAttribute("href"));
const save = byId("save");
let sending = false;

function notice(text, ...buttons) {
  byId("notice").replaceChildren(text, ...buttons);
  byId("notice").hidden = !text;
}

function button(key, action) {
  const made = element("button", { type: "button", class: "quiet", text: words[key] });
  made.addEventListener("click", action);
  return made;
}

const reload = () => location.replace(location.href);

function keepDraft(marks) {
  try {
    if (marks) sessionStorage.setItem(DRAFT, JSON.stringify({ text: data.text.length, marks }));
    else sessionStorage.removeItem(DRAFT);
  } catch {
    // storage is off or full: it lasts as long as the page
  }
}

function draft() {
  try {
    const found = JSON.parse(sessionStorage.getItem(DRAFT));
    return found?.text === data.text.length ? found.marks : null;
  } catch {
    return null;
  }
}

export function article(found, n, address) {
  const name = element("p", { class: "run-name" }, words.article_n.replace("{n}", n), found.needs_review ? element("span", { class: "why", text: ` ${words.unsure_edges}` }) : null, " ", address ? element("a", { href: address, text: words.analysis_of }) : null);
  const paragraphs = found.body ? found.body.split("\n").map((text) => element("p", {}, ...shown(text))) : [element("p", { class: "faint", text: words.no_body })];
  return element("article", { class: "made", id: `made-${n}` }, name,
    ...found.kicker.map((text) => element("p", { class: "kicker" }, ...shown(text))),
    element("h3", {}, ...shown(found.headline || words.no_headline)),
    ...found.subheads.map((text) => element("p", { class: "subhead" }, ...shown(text))),
    found.byline ? element("p", { class: "faint" }, ...shown(found.byline)) : null,
    element("div", { class: "made-body" }, ...paragraphs));
}

const split = new Split(root, data.text, words, {
  drawn: (answer, edited) => {
    const same = !split.edited && !edited;
    byId("made").replaceChildren(...(answer.articles.length ? answer.articles.map((found, n) => article(found, n + 1, same ? addresses[n] : null)) : [element("p", { class: "empty", text: words.no_articles })]));
    byId("made-count").textContent = words.page_articles.replace("{count}", answer.articles.length);
    if (edited) keepDraft(split.edited ? answer.marks : null);
    draw();
  },
  failed: (status) => status === 401 && notice(words.sign_in, button("reload", reload)),
});

function draw() {
  if (!save) return;
  save.textContent = split.edited ? words.save_page : words.accept_page;
  save.disabled = sending;
}

const outbox = new Outbox(`\npage:${about.id}`, {
  waiting: () => notice(words.kept),
  done: () => {
    keepDraft(null);
    reload();
  },
  refused: (status, problem) => {
    sending = false;
    draw();
    if (status === 401) notice(words.sign_in, button("reload", reload));
    else notice(half(problem.detail ?? String(status)), ...(status === 409 ? [button("reload", reload)] : []));
  },
});

function send(path, body) {
  if (!save || sending || split.busy) return;
  sending = true;
  draw();
  outbox.send(path, { ...about, ...body });
}

const keep = () => send("/desk/api/pages/keep", { marks: split.marks });
save?.addEventListener("click", keep);
byId("take-back")?.addEventListener("click", () => send("/desk/api/pages/undo", {}));
split.listen({ a: keep });

const before = draft();
await split.start(data.marks);
if (before) {
  split.remember();
  await split.ask({ text: data.text, marks: before }, () => {}, { op: "draft" });
  notice(words.restored, button("discard", () => {
    keepDraft(null);
    reload();
  }));
}
if (outbox.pending) {
  sending = true;
  outbox.try();
}
draw();
root.dataset.ready = "1";

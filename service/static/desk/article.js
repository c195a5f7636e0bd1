// An article on the desk: what the editor changes is kept as a draft, sent once, and never lost; keys for all of it.

import { element } from "../elements.js";
import { listen } from "./keys.js";
import { DRAFT as DRAFTS, Outbox, call, random, sendOthers } from "./outbox.js";
import { ask, count, watch } from "./summary.js";

const BEAT = 10000;
const byId = (id) => document.getElementById(id);
const root = byId("article");
const form = byId("review");
const summary = byId("summary");
const words = JSON.parse(root.dataset.words);
const about = { id: root.dataset.id, version: Number(root.dataset.version) };
const seq = Number(root.dataset.seq);
const editable = "editable" in root.dataset;
const boxes = Array.from(form.querySelectorAll("[name=labels]"));
const savedSummary = byId("saved-summary").value;
const DRAFT = DRAFTS + about.id;
const holder = random();
let known = `${about.version}:${seq}`;
let sending = false;

const say = (key, gaps = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => gaps[name]);
const labels = () => boxes.filter((box) => box.checked).map((box) => box.value);
const relabelled = () => boxes.some((box) => box.checked !== (box.dataset.saved === "1"));
const reworded = () => summary.value !== savedSummary;

function half(detail) {
  const cut = detail.indexOf("。 ") + 1;
  return !cut ? detail : document.documentElement.lang === "en" ? detail.slice(cut + 1) : detail.slice(0, cut);
}

function notice(text, ...buttons) {
  byId("notice").replaceChildren(text, ...buttons);
  byId("notice").hidden = !text;
}

function button(key, action) {
  const made = element("button", { type: "button", class: "quiet", text: say(key) });
  made.addEventListener("click", action);
  return made;
}

// The draft: in this tab until it is sent or given up.
function remember() {
  try {
    if (relabelled() || reworded()) sessionStorage.setItem(DRAFT, JSON.stringify({ labels: labels(), summary: summary.value }));
    else sessionStorage.removeItem(DRAFT);
  } catch {
    // storage is off: it lasts as long as the page
  }
}

function forget() {
  try {
    sessionStorage.removeItem(DRAFT);
  } catch {
    // nothing was kept
  }
}

function draft() {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFT));
  } catch {
    return null; // nothing was kept
  }
}

function restore(entered) {
  if (!entered) return;
  for (const box of boxes) box.checked = entered.labels.includes(box.value);
  summary.value = entered.summary ?? savedSummary;
  if (!relabelled() && !reworded()) return forget();
  notice(say("restored"), button("discard", discard));
  count(say);
  if (reworded()) ask(about, say);
}

function discard() {
  for (const box of boxes) box.checked = box.dataset.saved === "1";
  summary.value = savedSummary;
  forget();
  notice("");
  draw();
  count(say);
  ask(about, say);
}

function draw() {
  const accept = byId("accept");
  if (!accept) return;
  accept.textContent = say(relabelled() || reworded() ? "save" : "accept");
  accept.disabled = sending;
  summary.readOnly = sending;
  for (const box of boxes) box.disabled = sending;
}

const reload = () => location.reload();

const outbox = new Outbox(about.id, {
  waiting: () => notice(say("kept")),
  done: (answer, late, path) => {
    forget();
    if (late) notice(say("resent"));
    if (path.endsWith("/undo")) reload();
    else location.assign(root.dataset.next);
  },
  refused: (status, problem) => {
    sending = false;
    draw();
    remember();
    if (status === 401) notice(say("sign_in"), button("again", reload));
    else notice(half(problem.detail ?? String(status)), ...(status === 409 ? [button("reload", reload)] : []));
  },
});

function submit() {
  if (!editable || sending) return;
  sending = true;
  draw();
  outbox.send("/desk/api/review", { ...about, seq, labels: labels(), summary: reworded() ? summary.value : null });
}

function undo() {
  if (!editable || sending) return;
  if (byId("undo").disabled) return notice(say("nothing_undone"));
  sending = true;
  draw();
  forget();
  outbox.send("/desk/api/undo", { ...about, seq });
}

function toggle(n) {
  const box = boxes[n - 1];
  if (!box || !editable || sending) return;
  box.checked = !box.checked;
  changed();
}

function showEvidence(n) {
  const on = root.classList.contains(`show-t${n}`);
  root.classList.remove(...boxes.map((_, at) => `show-t${at + 1}`));
  if (on || !boxes[n - 1]) return;
  root.classList.add(`show-t${n}`);
  document.querySelector(`.column .t${n}`)?.scrollIntoView({ block: "center" });
}

function changed() {
  remember();
  draw();
}

async function beat() {
  let told;
  try {
    const answer = await call("/desk/api/presence", { id: about.id, holder });
    if (!answer.ok) return;
    told = await answer.json();
  } catch {
    return; // the next beat may arrive
  }
  byId("presence").textContent = told.others.length ? say("looking", { names: told.others.join("、") }) : "";
  const state = `${told.version}:${told.seq}`;
  if (!editable || sending || state === known) return;
  known = state; // said once: said again it would take the focus from its button
  const what = told.version === about.version ? say("changed", { names: told.editor }) : say("new_version", { n: told.version });
  notice(what, button("reload", reload));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter?.value === "undo") undo();
  else submit();
});
form.addEventListener("input", changed);
window.addEventListener("pagehide", () => call("/desk/api/presence", { id: about.id, holder, leaves: true }, { keepalive: true }));
watch(about, say);
const actions = {
  a: submit,
  e: () => summary.focus(),
  u: undo,
  n: () => location.assign(root.dataset.next),
  q: () => location.assign(root.dataset.queue),
};
for (let n = 1; n <= Math.min(9, boxes.length); n += 1) {
  actions[n] = () => toggle(n);
  actions[`Shift+${n}`] = () => showEvidence(n);
}
listen(actions);
if (outbox.pending) {
  restore(outbox.pending.path.endsWith("/review") ? outbox.pending.body : null); // it is still here should it be refused
  sending = true;
  outbox.try();
} else if (editable) restore(draft());
sendOthers(about.id);
draw();
beat();
setInterval(beat, BEAT);
root.dataset.ready = "1";

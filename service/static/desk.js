// The page at /: takes a text, a page or a file, asks the service, shows the answer or the sentence that says what went wrong.
//
// Nothing is kept by the service unless a person asks for it. What stands here lasts in this tab: over a reload and a change of
// language too.

import { element, replace } from "./elements.js";
import { PageSplit } from "./try_split.js";
import { keepAll } from "./try_keep.js";
import { nameTopics, showArticle, showPage } from "./results.js";
import { headers, signIn } from "./session.js";
import { current, word } from "./words.js";

const STATE = "caibian-try";
const PLAIN = /\.(?:txt|md)$/i;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const byId = (id) => document.getElementById(id);
const form = byId("form");
const text = byId("text");
let outcome = null; // what is shown: a list of {kind, …, answer}
let complain = null; // the sentence of the last error, in the language that is on
let state = null; // what /health/ready says; null until it is ready
let split = null;

const mode = () => new FormData(form).get("mode");

function draw() {
  const one = mode() === "article";
  byId("headline-field").hidden = !one;
  byId("text-label").textContent = word(one ? "articleText" : "pageText");
  text.placeholder = word(one ? "articlePlaceholder" : "pagePlaceholder");
  byId("count").textContent = word("count", Array.from(text.value).length);
  const notices = state ? floors() : [word("loading")];
  byId("notice").hidden = !notices.length;
  byId("notice").textContent = notices.join("\n");
  byId("error").hidden = complain === null;
  byId("error").textContent = complain ? complain() : "";
}

function show() {
  if (outcome) replace(byId("results"), ...outcome.flatMap(parts));
  byId("store").hidden = !outcome?.some((part) => part.answer);
}

function parts(part) {
  const name = outcome.length > 1 && part.name ? [element("h2", { class: "found", text: part.name })] : [];
  if (part.kind === "page") return [...name, ...showPage(part.answer)];
  if (part.kind === "failed") return [element("p", { class: "error", text: word("unread", part.name, part.line, part.reason) })];
  return part.articles.flatMap((article, n) => showArticle(article.headline, article.body, part.answer.results[n]));
}

const floors = () => Object.keys(state.trained).filter((task) => !state.trained[task]).map((task) => word("floor")[task](state.bundles[task]));

function fail(sentence) {
  complain = sentence;
  draw();
}

// The service's sentences come in Chinese, then in English: "…。 …". The page shows the one that is on, and calls the
// fields what they are called here.
function inOneLanguage({ detail, field }) {
  const cut = detail.indexOf("。 ") + 1;
  const half = !cut ? detail : current() === "zh" ? detail.slice(0, cut) : detail.slice(cut + 1);
  if (field === "text") return half.replace(/^text ?/, word("pageText") + (current() === "zh" ? "" : " "));
  const names = { "articles[0].body": "articleText", "articles[0].headline": "headline", "articles[0]": "article" };
  return Object.entries(names).reduce((told, [field, name]) => told.replaceAll(field, word(name)), half);
}

async function ask(path, body, method = "POST", type = "application/json") {
  let response;
  try {
    const sent = { ...(await headers()), "Content-Type": type };
    response = await fetch(path, { method, headers: sent, body: type === "application/json" ? JSON.stringify(body) : body });
  } catch {
    throw { sentence: () => word("unreachable") };
  }
  if (response.status === 401) signIn();
  let answer;
  try {
    answer = await response.json();
  } catch {
    throw { sentence: () => word("strange") };
  }
  if (!response.ok) throw { status: response.status, sentence: () => (answer.detail ? inOneLanguage(answer) : word("strange")) };
  return answer;
}

// Does `work` with the button off, and says what went wrong.
async function busy(work) {
  complain = null;
  const button = byId("run");
  button.disabled = true;
  button.textContent = word("running");
  try {
    await work();
  } catch (problem) {
    complain = problem.sentence ?? (() => word("strange"));
  } finally {
    button.disabled = false;
    button.textContent = word("run");
    draw();
    show();
    remember();
    // On a phone the results lie below the fold.
    if (!complain) byId("results").scrollIntoView({ block: "nearest" });
  }
}

async function run(event) {
  event.preventDefault();
  const [body, headline, length, one] = [text.value, byId("headline").value, byId("length").value, mode() === "article"];
  if (!body.trim() && !(one && headline.trim())) return fail(() => word("nothing"));
  return busy(async () => {
    closeSplit();
    outcome = [];
    if (one) outcome = [await readArticles([{ headline, body }], length)];
    else {
      outcome = [await readPage(body, length)];
      openSplit();
    }
  });
}

const readPage = async (body, length, name = "") => ({ kind: "page", name, text: body, length, answer: await ask("/v1/pages", { text: body, length }) });

async function readArticles(articles, length, name = "") {
  const sent = articles.map(({ headline, body }) => ({ headline, body }));
  return { kind: "articles", name, articles, answer: await ask("/v1/tag", { articles: sent, length }) };
}

function closeSplit() {
  split = null;
  byId("split").hidden = true;
}

function openSplit(marks = null) {
  const [part] = outcome;
  split = new PageSplit(byId("split"), part, ask, {
    changed: () => {
      show();
      remember();
    },
    failed: (sentence) => fail(() => sentence),
  });
  split.start(marks);
}

async function readFile(event) {
  const [file] = event.target.files;
  event.target.value = ""; // so that the same file can be chosen again
  if (!file) return undefined;
  if (file.size > MAX_FILE_BYTES) return fail(() => word("bigFile"));
  if (!PLAIN.test(file.name)) return busy(() => readAny(file));
  const found = decode(new Uint8Array(await file.arrayBuffer()));
  if (!found) return fail(() => word("badFile"));
  text.value = found.text;
  remember();
  // UTF-8 proves itself; the others are a guess, so the person is asked to look.
  return fail(found.name === "UTF-8" ? null : () => word("readAs", found.name));
}

// A file of any kind: the service reads its texts, then each is analysed.
async function readAny(file) {
  const length = byId("length").value;
  const query = new URLSearchParams({ name: file.name, pages: String(mode() === "page") });
  const found = await ask(`/v1/read?${query}`, file, "POST", "application/octet-stream");
  closeSplit();
  outcome = found.failed.map((failed) => ({ kind: "failed", ...failed }));
  if (!found.pages.length && !found.articles.length) return;
  for (const page of found.pages) outcome.push(await readPage(page.text, length, page.page ? `${page.name} · ${page.page}` : page.name));
  if (found.articles.length) outcome.push(await readArticles(found.articles, length));
  if (outcome.length === 1 && found.pages.length) {
    text.value = found.pages[0].text;
    openSplit();
  }
}

function decode(bytes) {
  const names = bytes[0] === 0xff && bytes[1] === 0xfe ? ["utf-16le"] : bytes[0] === 0xfe && bytes[1] === 0xff ? ["utf-16be"] : ["utf-8", "gb18030"];
  for (const name of names) {
    try {
      const decoded = new TextDecoder(name, { fatal: true }).decode(bytes);
      if (!decoded.includes("\0")) return { text: decoded, name: name.toUpperCase() };
    } catch {
      // not this one
    }
  }
  return null;
}

async function loadSample() {
  try {
    text.value = await (await fetch("/static/sample.txt")).text();
    form.elements.mode.value = "page";
    fail(null);
    remember();
  } catch {
    fail(() => word("unreachable"));
  }
}

async function keep() {
  const said = byId("stored");
  byId("store-go").disabled = true;
  try {
    const links = await keepAll(byId("store-id").value.trim(), outcome, split, ask);
    replace(said, `${word("stored")} `, ...links.map(({ name, address }) => element("a", { href: address, text: `${name} ` })));
  } catch (problem) {
    said.textContent = (problem.sentence ?? (() => word("strange")))();
  }
  byId("store-go").disabled = false;
}

// What stands here lasts in this tab.
function remember() {
  try {
    const told = { text: text.value, headline: byId("headline").value, mode: mode(), length: byId("length").value, outcome, marks: split?.marks ?? null };
    sessionStorage.setItem(STATE, JSON.stringify(told));
  } catch {
    // storage is off or full: it lasts as long as the page
  }
}

function recall() {
  let told = null;
  try {
    told = JSON.parse(sessionStorage.getItem(STATE));
  } catch {
    // nothing was kept
  }
  // The browser may have put the text back itself; another one is newer than what was kept.
  if (!told || (text.value && text.value !== told.text)) return;
  text.value = told.text;
  byId("headline").value = told.headline;
  byId("length").value = told.length;
  form.elements.mode.value = told.mode;
  outcome = told.outcome;
  if (outcome?.length === 1 && outcome[0].kind === "page") openSplit(told.marks);
}

async function waitUntilReady() {
  try {
    const response = await fetch("/health/ready");
    if (response.ok) {
      state = await response.json();
      nameTopics(state.topics);
      draw();
      return show();
    }
  } catch {
    // the service may just be starting
  }
  return setTimeout(waitUntilReady, 1500);
}

form.addEventListener("submit", run);
form.addEventListener("change", () => {
  draw();
  remember();
});
text.addEventListener("input", () => (byId("count").textContent = word("count", Array.from(text.value).length)));
byId("file").addEventListener("change", readFile);
byId("sample").addEventListener("click", loadSample);
byId("store-go").addEventListener("click", keep);
window.addEventListener("pagehide", remember);
byId("store-id").value = `try-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-")}`;
recall();
draw();
waitUntilReady();

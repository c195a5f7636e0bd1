// The form of the page at /: takes a text, asks the service, shows the answer or the sentence that says what went wrong.

import { element, replace } from "./elements.js";
import { headers, signIn } from "./session.js";
import { nameTopics, showArticle, showPage } from "./results.js";
import { current, switchLanguage, translatePage, word } from "./words.js";

const MAX_FILE_BYTES = 8 * 1024 * 1024;
const byId = (id) => document.getElementById(id);
const form = byId("form");
const text = byId("text");
let show = null; // draws the last answer again, in the language that is on
let complain = null; // likewise the last error
let state = null; // what /health/ready says; null until it is ready

const mode = () => new FormData(form).get("mode");

function draw() {
  translatePage();
  byId("language").textContent = current() === "zh" ? "English" : "中文";
  byId("language").lang = current() === "zh" ? "en" : "zh-CN";
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
  if (show) replace(byId("results"), ...show());
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

async function ask(path, body) {
  let response;
  try {
    response = await fetch(path, { method: "POST", headers: await headers(), body: JSON.stringify(body) });
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
  if (!response.ok) throw { sentence: () => (answer.detail ? inOneLanguage(answer) : word("strange")) };
  return answer;
}

async function run(event) {
  event.preventDefault();
  complain = null;
  const [body, headline, length, one] = [text.value, byId("headline").value, byId("length").value, mode() === "article"];
  if (!body.trim() && !(one && headline.trim())) return fail(() => word("nothing"));
  const button = byId("run");
  button.disabled = true;
  button.textContent = word("running");
  try {
    if (one) {
      const answer = await ask("/v1/tag", { articles: [{ headline, body }], length });
      show = () => showArticle(headline, body, answer.results[0]);
    } else {
      const answer = await ask("/v1/pages", { text: body, length });
      show = () => showPage(answer);
    }
  } catch (problem) {
    complain = problem.sentence ?? (() => word("strange"));
    show = () => [];
  } finally {
    button.disabled = false;
    draw();
    // On a phone the results lie below the fold.
    if (!complain) byId("results").scrollIntoView({ block: "nearest" });
  }
  return undefined;
}

async function readFile(event) {
  const [file] = event.target.files;
  event.target.value = ""; // so that the same file can be chosen again
  if (!file) return;
  if (file.size > MAX_FILE_BYTES) return fail(() => word("bigFile"));
  const bytes = new Uint8Array(await file.arrayBuffer());
  const found = decode(bytes);
  if (!found) return fail(() => word("badFile"));
  text.value = found.text;
  // UTF-8 proves itself; the others are a guess, so the person is asked to look.
  return fail(found.name === "UTF-8" ? null : () => word("readAs", found.name));
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
  } catch {
    fail(() => word("unreachable"));
  }
}

async function waitUntilReady() {
  try {
    const response = await fetch("/health/ready");
    if (response.ok) {
      state = await response.json();
      nameTopics(state.topics);
      return draw();
    }
  } catch {
    // the service may just be starting
  }
  return setTimeout(waitUntilReady, 1500);
}

form.addEventListener("submit", run);
form.addEventListener("change", draw);
text.addEventListener("input", () => (byId("count").textContent = word("count", Array.from(text.value).length)));
byId("file").addEventListener("change", readFile);
byId("sample").addEventListener("click", loadSample);
byId("language").addEventListener("click", () => {
  switchLanguage();
  draw();
});
draw();
waitUntilReady();

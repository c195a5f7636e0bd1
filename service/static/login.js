// The page at /login: takes a key, gets a session, goes to the desk. The key is kept nowhere in the browser.

import { current, switchLanguage, translatePage, word } from "./words.js";

const byId = (id) => document.getElementById(id);
let complain = null;

function draw() {
  translatePage();
  byId("language").textContent = current() === "zh" ? "English" : "中文";
  byId("language").lang = current() === "zh" ? "en" : "zh-CN";
  byId("error").hidden = complain === null;
  byId("error").textContent = complain ? complain() : "";
}

// The service's sentences come in Chinese, then in English.
function half(detail) {
  const cut = detail.indexOf("。 ") + 1;
  return !cut ? detail : current() === "zh" ? detail.slice(0, cut) : detail.slice(cut + 1);
}

// Back to where the way here began; only to an address of this service.
function next() {
  const given = new URLSearchParams(location.search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(given) && new URL(given, location.origin).origin === location.origin ? given : "/";
}

async function run(event) {
  event.preventDefault();
  byId("run").disabled = true;
  complain = null;
  try {
    const response = await fetch("/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ key: byId("key").value.trim() }),
    });
    if (response.ok) return location.assign(next());
    const answer = await response.json();
    complain = response.status === 401 ? () => word("badKey") : () => half(answer.detail);
  } catch {
    complain = () => word("unreachable");
  }
  byId("run").disabled = false;
  return draw();
}

byId("form").addEventListener("submit", run);
byId("language").addEventListener("click", () => {
  switchLanguage();
  draw();
});
draw();

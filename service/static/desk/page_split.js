// The dump of a page as lines that an editor may change: chosen by mouse or key, edited by the service, which loses no character.
//
// Every edit goes to the service and comes back as marks and articles; here they are drawn, and kept for undo and redo.

import { element } from "../elements.js";
import { listen } from "./keys.js";
import { call } from "./outbox.js";
import { half, shown } from "./text.js";

const ROLES = ["kicker", "headline", "subhead", "byline", "body", "section_head", "caption", "box", "tail", "furniture"];

// `on`: drawn(answer) with marks, articles and furniture after every change, failed(status, sentence) when it was refused.
export class Split {
  constructor(root, text, words, on) {
    Object.assign(this, { root, text, words, on, marks: [], past: [], future: [], at: 0, from: 0, caret: null, busy: false });
    this.points = Array.from(text); // offsets are code points
    this.dump = root.querySelector(".dump");
    this.tools = root.querySelector(".tools");
    this.list = element("div", { class: "lines", role: "listbox", tabindex: "0", "aria-multiselectable": "true", "aria-label": words.dump });
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => this.click(event));
    for (const button of this.tools.querySelectorAll("button")) button.addEventListener("click", () => this.press(button.dataset));
    this.give = this.tools.querySelector("select");
    this.give.addEventListener("change", () => this.give.value && this.do({ op: "give", article: Number(this.give.value), ...this.span() }));
    this.tools.hidden = false;
  }

  // The keys of all that the tools do, for keys.js.
  keys() {
    const keys = { j: () => this.move(1, false), k: () => this.move(-1, false) };
    const ops = { o: "open", m: "merge", "[": "up", "]": "down", g: "join", b: "part", x: "cut", y: "sure", n: "next", u: "undo", r: "redo" };
    for (const [key, op] of Object.entries(ops)) keys[key] = () => this.press({ op });
    ROLES.forEach((role, n) => (keys[(n + 1) % 10] = () => this.press({ role })));
    return keys;
  }

  listen(more = {}) {
    listen({ ...this.keys(), ...more });
  }

  say(sentence) {
    this.tools.querySelector(".said").textContent = sentence;
  }

  // What the page was before the first edit, and is now.
  get edited() {
    return this.past.length > 0;
  }

  async start(marks) {
    return this.ask({ text: this.text, marks }, () => {});
  }

  async do(edit) {
    if (this.busy) return;
    await this.ask({ text: this.text, marks: this.marks, edits: [edit] }, () => this.remember(), edit);
  }

  remember() {
    this.past.push({ marks: this.marks, answer: this.answer });
    this.future = [];
  }

  async ask(body, before, edit) {
    this.busy = true;
    let answer;
    let told;
    try {
      answer = await call("/desk/api/pages/split", body);
      told = await answer.json();
    } catch {
      this.busy = false;
      this.say(this.words.down);
      return this.on.failed(0, this.words.down);
    }
    this.busy = false;
    if (!answer.ok) {
      this.say(half(told.detail ?? String(answer.status)));
      return this.on.failed(answer.status, half(told.detail ?? ""));
    }
    before();
    // After a cut the second half is chosen: it is what mostly gets another role.
    if (edit?.op === "cut") this.at = this.from = edit.line + 1;
    return this.take(told, edit);
  }

  take(answer, edit) {
    this.answer = answer;
    this.marks = answer.marks;
    this.at = Math.min(this.at, this.marks.length - 1);
    this.from = Math.min(this.from, this.marks.length - 1);
    this.draw();
    this.on.drawn(answer, Boolean(edit));
    if (edit) this.say(`${this.words.line.replace("{n}", this.at + 1).replace("{role}", this.words[`role_${this.marks[this.at].role}`])} · ${this.words.count.replace("{count}", answer.articles.length)}`);
  }

  step(one, other) {
    const found = one.pop();
    if (!found) return this.say(this.words.nothing);
    other.push({ marks: this.marks, answer: this.answer });
    return this.take(found.answer, { op: "step" });
  }

  span() {
    return { line: Math.min(this.at, this.from), to: Math.max(this.at, this.from) };
  }

  press({ op, role }) {
    if (this.busy || !this.marks.length) return undefined;
    if (role) return this.do({ op: "role", role, ...this.span() });
    const line = this.at;
    switch (op) {
      case "undo": return this.step(this.past, this.future);
      case "redo": return this.step(this.future, this.past);
      case "next": return this.nextUnsure();
      case "cut": return this.beginCut();
      case "up": case "down": return this.moveBoundary(op === "up" ? -1 : 1);
      case "model": return this.ask({ text: this.text, marks: null }, () => this.remember(), { op });
      default: return this.do({ op, line });
    }
  }

  // The beginning of the article that the line stands in, one line up or down; furniture between is passed over.
  moveBoundary(step) {
    const article = this.marks[this.at].article;
    const first = this.marks.findIndex((mark) => mark.article === article && article !== null);
    let to = first + step;
    while (this.marks[to] && this.marks[to].article === null) to += step;
    if (first < 0 || !this.marks[to]) return undefined;
    this.at = this.from = to;
    return this.do({ op: "move", line: first, to });
  }

  nextUnsure() {
    const order = this.marks.map((_, n) => (this.at + 1 + n) % this.marks.length);
    const here = this.marks[this.at];
    const next = order.find((n) => this.marks[n].unsure && (n === 0 || this.marks[n - 1].article !== this.marks[n].article) && !(here.unsure && this.marks[n].article === here.article && n <= this.at));
    if (next === undefined) return this.say(this.words.first);
    return this.choose(next, false);
  }

  beginCut() {
    this.caret = Math.ceil((this.marks[this.at].end - this.marks[this.at].start) / 2);
    this.from = this.at;
    this.list.focus();
    this.draw();
    this.say(this.words.cutting);
  }

  choose(n, more) {
    this.at = Math.max(0, Math.min(this.marks.length - 1, n));
    if (!more) this.from = this.at;
    this.caret = null;
    this.draw();
    this.list.focus({ preventScroll: true });
    this.list.querySelector(".at")?.scrollIntoView({ block: "nearest" });
  }

  move(step, more) {
    this.choose(this.at + step, more);
  }

  key(event) {
    if (this.caret !== null && this.cutKey(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.move(step, event.shiftKey);
  }

  cutKey(key) {
    const { start, end } = this.marks[this.at];
    if (key === "ArrowLeft" || key === "ArrowRight") this.caret = Math.max(1, Math.min(end - start - 1, this.caret + (key === "ArrowLeft" ? -1 : 1)));
    else if (key === "Escape") this.caret = null;
    else if (key === "Enter") {
      const at = start + this.caret;
      this.caret = null;
      this.do({ op: "cut", line: this.at, at });
      return true;
    } else return false;
    this.draw();
    return true;
  }

  click(event) {
    const line = event.target.closest("[data-n]");
    if (!line) return;
    const n = Number(line.dataset.n);
    if (this.caret !== null && n === this.at) {
      const spot = document.caretPositionFromPoint?.(event.clientX, event.clientY);
      const node = spot?.offsetNode;
      if (node?.nodeType === Node.TEXT_NODE && node.parentElement.dataset.before !== undefined) {
        this.caret = Number(node.parentElement.dataset.before) + Array.from(node.data.slice(0, spot.offset)).length;
        this.caret = Math.max(1, Math.min(this.marks[n].end - this.marks[n].start - 1, this.caret));
      }
      this.draw();
      return;
    }
    this.choose(n, event.shiftKey);
  }

  draw() {
    const runs = [];
    this.marks.forEach((mark, n) => {
      if (!runs.length || runs.at(-1).article !== mark.article) runs.push({ article: mark.article, unsure: false, lines: [] });
      runs.at(-1).lines.push(this.line(mark, n));
      runs.at(-1).unsure ||= mark.unsure;
    });
    const top = this.list.scrollTop;
    this.list.replaceChildren(...runs.map((run, n) => this.run(run, n)));
    if (this.list.parentNode !== this.dump) this.dump.replaceChildren(this.list);
    this.list.scrollTop = top;
    this.list.setAttribute("aria-activedescendant", `line-${this.at}`);
    const count = Math.max(-1, ...this.marks.map((mark) => mark.article ?? -1)) + 1;
    this.give.replaceChildren(element("option", { value: "", text: "–" }), ...Array.from({ length: count }, (_, n) => element("option", { value: n, text: n + 1 })));
    const chosen = this.marks[this.at]?.role;
    for (const button of this.tools.querySelectorAll("[data-role]")) button.setAttribute("aria-pressed", String(button.dataset.role === chosen));
  }

  run({ article, unsure, lines }, n) {
    const name = article === null ? this.words.outside : this.words.article_n.replace("{n}", article + 1);
    const label = element("p", { class: "run-name", id: `run-${n}` }, name, unsure ? element("span", { class: "why", text: ` ${this.words.unsure_edges}` }) : null);
    return element("div", { class: article === null ? "run outside" : "run", role: "group", "aria-labelledby": `run-${n}` }, label, ...lines);
  }

  line(mark, n) {
    const { line, to } = this.span();
    const chosen = n >= line && n <= to;
    const text = this.points.slice(mark.start, mark.end);
    const cut = n === this.at ? this.caret : null;
    const parts = cut === null ? [element("span", { "data-before": 0 }, ...shown(text.join("")))] : [
      element("span", { "data-before": 0 }, ...shown(text.slice(0, cut).join(""))), element("span", { class: "caret" }),
      element("span", { "data-before": cut }, ...shown(text.slice(cut).join(""))),
    ];
    return element(
      "div",
      { class: `line role-${mark.role}${n === this.at ? " at" : ""}`, role: "option", id: `line-${n}`, "data-n": n, "aria-selected": String(chosen) },
      element("span", { class: "role", text: `${this.words[`role_${mark.role}`]}${mark.joins ? " ↩" : ""}` }),
      element("span", { class: "text" }, ...parts),
    );
  }
}

// The split of a page that is being tried: after each edit the articles that changed are analysed again, the others stay.

import { listen } from "./desk/keys.js";
import { Split } from "./desk/page_split.js";

const same = (one, other) => one.headline === other.headline && one.body === other.body;

export class PageSplit {
  // `part`: {text, length, answer}; its answer is brought up to date. `on`: changed(), failed(sentence).
  constructor(root, part, ask, on) {
    Object.assign(this, { root, part, ask, on });
    const words = JSON.parse(document.getElementById("form").dataset.words);
    for (const name of [".tools", ".dump"]) {
      const old = root.querySelector(name); // listeners of an earlier text go with it
      old.replaceWith(old.cloneNode(name === ".tools"));
    }
    this.split = new Split(root, part.text, words, { drawn: (answer, edited) => edited && this.update(answer), failed: (_, sentence) => on.failed(sentence) });
  }

  get marks() {
    return this.split.marks;
  }

  get edited() {
    return this.split.edited;
  }

  async start(marks) {
    if (!PageSplit.now) listen(Object.fromEntries(Object.keys(this.split.keys()).map((key) => [key, () => PageSplit.now.split.keys()[key]()])));
    PageSplit.now = this; // one listener for the page: the keys go to the text that is there
    await this.split.start(null);
    if (marks && JSON.stringify(marks) !== JSON.stringify(this.split.marks)) {
      this.split.remember();
      await this.split.ask({ text: this.part.text, marks }, () => {}, { op: "draft" });
    }
    this.root.hidden = false;
  }

  async update(answer) {
    const before = this.part.answer.articles;
    const found = answer.articles.map((article) => ({ ...before.find((old) => same(old, article)), ...article }));
    const fresh = found.filter((article) => !article.topics);
    this.turn = (this.turn ?? 0) + 1;
    const turn = this.turn;
    try {
      const readable = fresh.filter((article) => article.body.trim());
      if (readable.length) {
        const articles = readable.map(({ headline, body }) => ({ headline, body }));
        const { results } = await this.ask("/v1/tag", { articles, length: this.part.length });
        results.forEach(({ summary, ...topics }, n) => Object.assign(readable[n], { topics, summary }));
      }
    } catch (problem) {
      return this.on.failed(problem.sentence?.() ?? "");
    }
    if (turn !== this.turn) return undefined; // a later edit has been faster
    for (const article of found) article.needs_review ||= article.topics?.needs_review ?? false;
    Object.assign(this.part.answer, { articles: found, furniture: answer.furniture });
    return this.on.changed();
  }
}

// Shows what the service answered. Knows nothing of the form or of fetching.

import { element } from "./elements.js";
import { current, word } from "./words.js";

let topicNames = new Map();

export function nameTopics(topics) {
  topicNames = new Map(topics.map((topic) => [topic.name, topic]));
}

const topicName = (name) => (name === "other" ? word("other") : topicNames.get(name)?.[current()] ?? name);

export function showPage(answer) {
  const shown = [element("h2", { class: "found", text: answer.articles.length ? word("found", answer.articles.length) : word("noArticles") })];
  shown.push(...answer.articles.map(card));
  if (answer.furniture.length) {
    shown.push(element("details", { class: "panel" }, element("summary", { text: word("furniture") }), blockList(answer.furniture)));
  }
  return shown;
}

export function showArticle(headline, body, result) {
  const { summary, ...topics } = result;
  return [card({ headline, body, topics, summary, needs_review: result.needs_review, blocks: [] })];
}

function card(article) {
  const { topics, summary } = article;
  const evidence = topics?.evidence ?? []; // an article without text has no topics
  const inHeadline = evidence.filter((e) => e.where === "headline");
  const inBody = evidence.filter((e) => e.where === "body");
  const headline = article.headline
    ? element("h3", {}, ...marked(article.headline, inHeadline))
    : element("h3", { class: "faint", text: word("noHeadline") });
  return element(
    "article",
    { class: "panel card" },
    article.kicker?.length ? element("p", { class: "kicker", text: article.kicker.join(" / ") }) : null,
    element("div", { class: "row between head" }, headline, article.needs_review ? element("span", { class: "badge", text: word("review") }) : null),
    article.needs_review && article.blocks.length && !article.topics?.reasons?.length ? element("p", { class: "faint", text: word("reviewEdges") }) : null,
    ...(article.subheads ?? []).map((text) => element("p", { class: "subhead", text })),
    article.byline ? element("p", { class: "faint", text: article.byline }) : null,
    topics && summary ? element("div", { class: "columns" }, topicPart(topics), summaryPart(summary)) : null,
    bodyPart(article.body, inBody),
    article.blocks.length ? element("details", {}, element("summary", { text: `${word("blocks")} · ${article.blocks.length}` }), blockList(article.blocks)) : null,
  );
}

function topicPart(topics) {
  const list = element("ul", { class: "bars" });
  const order = Object.entries(topics.scores).sort((a, b) => b[1] - a[1]);
  for (const [name, score] of order) {
    const percent = `${(score * 100).toFixed(score > 0 && score < 0.01 ? 1 : 0)}%`;
    const fill = element("span", { class: "fill" });
    fill.style.width = `${score * 100}%`;
    list.append(
      element(
        "li",
        { class: topics.labels.includes(name) ? "on" : "" },
        element("span", { class: "name", text: topicName(name) }),
        element("span", { class: "bar", "aria-hidden": "true" }, fill),
        element("span", { class: "percent", text: percent }),
      ),
    );
  }
  return element(
    "section",
    {},
    element("h4", { text: word("topics") }),
    list,
    element("p", { class: "faint", text: `${word("primary")}: ${topicName(topics.primary)}` }),
    topics.reasons?.length ? element("p", { class: "faint", text: `${word("reasons")}: ${topics.reasons.map((r) => word("reasonNames")[r] ?? r).join(current() === "zh" ? "，" : ", ")}` }) : null,
    element("p", { class: "faint small", text: `${word("bundle")}: ${topics.bundle}${topics.windows > 1 ? ` · ${word("windows", topics.windows)}` : ""}` }),
  );
}

function summaryPart(summary) {
  const checks = Object.entries(summary.checks ?? {}).filter(([name]) => name !== "beam");
  return element(
    "section",
    {},
    element("h4", { text: word("summary") }),
    element("p", { class: summary.summary ? "summary" : "faint", text: summary.summary || word("noSummary") }),
    element(
      "ul",
      { class: "chips" },
      element("li", { class: "chip strong", text: word(summary.method) ?? summary.method }),
      ...checks.map(([name, value]) => check(name, value)),
    ),
    summary.method === "abstractive" ? element("p", { class: "faint small", text: word("writtenNote") }) : null,
    element("p", { class: "faint small", text: `${word("bundle")}: ${summary.bundle}${summary.windows > 1 ? ` · ${word("windows", summary.windows)}` : ""}` }),
  );
}

// In `checks`, a list names what is wrong, a fault is true where it was found, any other true or false says whether something holds.
const FAULTS = ["repeats", "byline", "empty", "fell_back", "markup"];

function check(name, value) {
  const title = word("checkNames")[name] ?? name.replaceAll("_", " ");
  const listed = Array.isArray(value);
  if (!listed && typeof value !== "boolean") return element("li", { class: "chip", text: `${title}: ${plain(value)}` });
  const good = listed ? !value.length : value !== FAULTS.includes(name);
  const wrong = word("wrongNames")[name] ?? title;
  return element("li", { class: good ? "chip good" : "chip bad", text: good ? `✓ ${title}` : `✗ ${wrong}${listed ? `: ${plain(value)}` : ""}` });
}

function plain(value) {
  if (value === null || value === "" || (Array.isArray(value) && !value.length)) return word("none");
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (typeof value === "object") return Object.entries(value).map(([k, v]) => `${k} ${plain(v)}`).join(", ");
  if (typeof value === "boolean") return word(value ? "yes" : "no");
  return String(value);
}

function bodyPart(body, evidence) {
  if (!body) return element("p", { class: "faint", text: word("noBody") });
  const title = word("body") + (evidence.length ? ` · ${word("evidence")}` : "");
  return element(
    "details",
    { open: "" },
    element("summary", { text: title }),
    element("div", { class: "body" }, ...marked(body, evidence)),
  );
}

// Offsets are code points, JavaScript counts UTF-16 units: hence the array.
function marked(text, evidence) {
  const points = Array.from(text);
  const parts = [];
  let at = 0;
  for (const span of [...evidence].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const start = Math.max(span.start, at);
    if (start >= span.end) continue; // inside a sentence that is marked already
    const topics = evidence.filter((e) => e.start < span.end && e.end > start).map((e) => topicName(e.topic));
    parts.push(points.slice(at, start).join(""));
    parts.push(element("mark", { title: [...new Set(topics)].join(", "), text: points.slice(start, span.end).join("") }));
    at = span.end;
  }
  parts.push(points.slice(at).join(""));
  return parts;
}

const SURE = 0.8; // models/page_decode.py: below it a reader should look

function blockRole(block) {
  const role = element("span", { class: "role", text: word("roles")[block.role] ?? block.role });
  if (typeof block.confidence === "number" && block.confidence < SURE) {
    role.append(" ", element("span", { class: "unsure", text: `${word("unsureBlock")} ${Math.round(100 * block.confidence)}%` }));
  }
  return role;
}

function blockList(blocks) {
  const list = element("ol", { class: "blocks" });
  for (const block of blocks) {
    list.append(
      element("li", { class: `role-${block.role}` }, blockRole(block), element("span", { class: "text", text: block.text.trim() })),
    );
  }
  return list;
}

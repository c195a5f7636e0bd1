// What an editor has decided, until the service has it: kept in this browser, sent again while there is no connection, always
// under the same Idempotency-Key, so that it counts once however often it is sent.

export const meta = (name) => document.querySelector(`meta[name=${name}]`)?.content ?? "";
// What waits and what is a draft is its writer's: whoever signs in next neither sees nor sends it, nor writes over it.
export const WHO = encodeURIComponent(meta("who"));
const NAME = `caibian-desk-pending:${WHO}:`;
export const DRAFT = `caibian-desk-draft:${WHO}:`;
const FIRST = 2000; // milliseconds until the next try, doubled up to LONGEST
const LONGEST = 15000;
const AGAIN = [429, 500, 502, 503, 504];

export function call(path, body, more = {}) {
  const { headers, ...rest } = more;
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": meta("csrf"), ...headers },
    body: JSON.stringify(body),
    ...rest,
  });
}

export function random() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function store(id, pending) {
  try {
    if (pending) localStorage.setItem(NAME + id, JSON.stringify(pending));
    else localStorage.removeItem(NAME + id);
  } catch {
    // storage is off or full: it lasts as long as the page
  }
}

function kept(id) {
  try {
    return JSON.parse(localStorage.getItem(NAME + id));
  } catch {
    return null;
  }
}

// Ids of the articles for which something of this person waits.
function waiting() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(NAME)).map((key) => key.slice(NAME.length)).filter(kept);
  } catch {
    return [];
  }
}

// `on`: waiting() when there is no connection, done(answer, late) once it is kept, refused(status, problem) when it never will be.
export class Outbox {
  constructor(id, on) {
    this.id = id;
    this.on = on;
    this.pending = kept(id);
    this.late = this.pending !== null;
    window.addEventListener("online", () => this.try());
  }

  send(path, body) {
    this.pending = { path, body, key: random() };
    this.late = false;
    this.wait = FIRST;
    store(this.id, this.pending);
    return this.try();
  }

  async try() {
    if (!this.pending || this.busy) return;
    clearTimeout(this.timer);
    this.busy = true;
    const { path, body, key } = this.pending;
    let answer = null;
    let told = null;
    try {
      answer = await call(path, body, { headers: { "Idempotency-Key": key } });
      told = await answer.json();
    } catch {
      answer = null; // not arrived, or its answer has not
    }
    this.busy = false;
    if (answer === null || AGAIN.includes(answer.status)) {
      this.late = true;
      this.on.waiting();
      this.wait = Math.min(LONGEST, (this.wait ?? FIRST) * 2);
      this.timer = setTimeout(() => this.try(), this.wait);
      return;
    }
    this.pending = null;
    store(this.id, null);
    if (answer.ok) this.on.done(told, this.late, path);
    else this.on.refused(answer.status, told, body);
  }
}

// Sends what other pages could not before they were closed. A refused review stays in this tab as the draft of its article.
export function sendOthers(own, done = () => {}) {
  for (const id of waiting().filter((id) => id !== own)) {
    const refused = (_status, _problem, { labels, summary }) => {
      try {
        if (labels) sessionStorage.setItem(DRAFT + id, JSON.stringify({ labels, summary }));
      } catch {
        // storage is off
      }
    };
    new Outbox(id, { waiting: () => {}, done, refused }).try();
  }
}

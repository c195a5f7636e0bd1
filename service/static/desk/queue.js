// Keys of the queue, and the sending of what an article's page could not send before it was closed.

import { listen } from "./keys.js";
import { sendOthers } from "./outbox.js";

const items = Array.from(document.querySelectorAll(".queue .item"));

function move(step) {
  const at = items.indexOf(document.activeElement);
  const next = at < 0 ? 0 : at + step;
  items[Math.max(0, Math.min(items.length - 1, next))]?.focus();
}

listen({ j: () => move(1), k: () => move(-1) });
sendOthers(null, () => location.reload());

// Single keys of a view, their help in a dialog that `?` opens, and the switch that turns them off (kept in this browser).

const OFF = "caibian-keys-off";
const dialog = document.getElementById("keys");

function off() {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
}

function turn(isOff) {
  try {
    localStorage.setItem(OFF, isOff ? "1" : "0");
  } catch {
    // not remembered: storage is off
  }
}

const writes = (target) => target.closest?.("textarea, select, input:not([type=checkbox]):not([type=radio])") !== null;

// `actions` by event.key in lower case, "Shift+1" … by what is pressed; an action may say false to let the key through.
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || dialog.open) return;
    if (writes(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (off()) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const name = digit && event.shiftKey ? `Shift+${digit}` : (digit ?? event.key.toLowerCase());
    const action = name === "?" ? help : actions[name];
    if (!action || event.repeat && name !== "j" && name !== "k") return;
    if (action(event) !== false) event.preventDefault();
  });
}

function help() {
  document.getElementById("keys-on").checked = !off();
  dialog.showModal();
}

document.getElementById("keys-open").addEventListener("click", help);
document.getElementById("keys-on").addEventListener("change", (event) => turn(!event.target.checked));

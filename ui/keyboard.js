// The keyboard of the chat page, and what the browser alone sees: that a phrase was copied.
// Enter asks; Esc clears the box or closes the source; a digit takes a choice; Alt+C copies.
// A digit waits a moment: when another key follows, it was the beginning of a question.
const PAUSE_MS = 600;
const BOX = '[data-testid="stChatInputTextArea"]';
const visible = (one) => one && one.offsetParent !== null;
const find = (selector) => [...document.querySelectorAll(selector)].filter(visible);

let waiting = null;

function fill(box, words) {
  const value = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  value.set.call(box, words);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function takeLater(box, digit) {
  const choice = find('[class*="st-key-choice-"] button')[digit - 1];
  if (!choice) return false;
  const timer = setTimeout(() => {
    waiting = null;
    choice.click();
  }, PAUSE_MS);
  waiting = { timer, digit };
  return true;
}

function giveBack(box) {
  clearTimeout(waiting.timer);
  fill(box, waiting.digit);
  waiting = null;
}

function onKey(event) {
  const box = document.querySelector(BOX);
  const elsewhere = event.target.closest?.("input, textarea, [contenteditable]");
  if (!box || (elsewhere && event.target !== box)) return;
  if (waiting && event.key !== "Enter" && !event.altKey && !event.ctrlKey) {
    if (event.key === "Escape") { clearTimeout(waiting.timer); waiting = null; } else giveBack(box);
  }
  if (event.key === "Escape") {
    const [close] = find('.st-key-close-source button');
    if (close && !box.value) close.click();
    else fill(box, "");
    box.focus();
  } else if (event.altKey && event.code === "KeyC") {
    const [copy] = find('[data-testid="stCode"] button');
    if (copy) { event.preventDefault(); copy.click(); }
  } else if (/^[1-9]$/.test(event.key) && !box.value && !event.altKey && !event.ctrlKey) {
    if (takeLater(box, event.key)) event.preventDefault();
  }
}

// Streamlit names the buttons in English, and names them anew once a phrase is copied.
function nameCopyButtons(data) {
  for (const button of find('[data-testid="stCode"] button')) {
    const now = button.getAttribute("aria-label");
    if (now === data.copy || now === data.copied) continue;
    const label = now === "Copied" ? data.copied : data.copy;
    button.title = label;
    button.setAttribute("aria-label", label);
  }
}

export default function ({ data, setTriggerValue, parentElement }) {
  const before = window.coachKeyboard;
  if (before) before.stop();
  const onCopied = (event) => {
    const line = event.target.closest?.('[class*="st-key-line-"]');
    const turn = line?.className.match(/st-key-line-(\d+)-/);
    if (turn) setTriggerValue("copied", Number(turn[1]));
  };
  const told = parentElement.querySelector("[aria-live]");
  if (told && told.textContent !== data.announced) told.textContent = data.announced;
  const watcher = new MutationObserver(() => nameCopyButtons(data));
  watcher.observe(document.body, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["aria-label"],
  });
  nameCopyButtons(data);
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("coach-copied", onCopied);
  const stop = () => {
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("coach-copied", onCopied);
    watcher.disconnect();
  };
  if (before?.turn !== data.turn && window.matchMedia("(pointer: fine)").matches) {
    const focus = () => document.querySelector(BOX)?.focus();
    setTimeout(focus, 50);
    setTimeout(focus, 500);
  }
  window.coachKeyboard = { stop, turn: data.turn };
  return stop;
}

// What all pages need of the browser: a phrase is copied where the clipboard is closed (plain http),
// what is typed is sent before a shortcut takes effect, and Streamlit's own words are Russian.
const PHRASE = '[data-testid="stCode"]';
const TYPED = 'input[type="text"], textarea:not([data-testid="stChatInputTextArea"])';
const USERS = '[class*="coach-"], [data-testid="stCode"], textarea';
const LABELLED = ["aria-label", "title"];
const TOLD_MS = 20000;

const state = (window.coachBrowser ??= { data: {}, note: null, phrase: null, timer: null });

function tell(words) {
  if (!state.note) return;
  state.note.textContent = words;
  state.note.hidden = !words;
  clearTimeout(state.timer);
  if (words) state.timer = setTimeout(() => tell(""), TOLD_MS);
}

// Whoever listens learns that a phrase really was copied.
function announce(phrase) {
  tell("");
  phrase?.dispatchEvent(new CustomEvent("coach-copied", { bubbles: true }));
}

function copyByCommand(words) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = words;
  area.readOnly = true;
  area.style.cssText = "position:fixed;top:0;opacity:0";
  document.body.append(area);
  area.select();
  let isDone = false;
  try {
    isDone = document.execCommand("copy");
  } catch { /* told below */ }
  area.remove();
  focused?.focus?.({ preventScroll: true });
  return isDone;
}

function selectToCopyByHand(phrase) {
  document.activeElement?.blur();
  const code = phrase?.querySelector("code");
  if (code) window.getSelection().selectAllChildren(code);
  tell(state.data.by_hand);
}

// Streamlit's button says «Copied» when this resolves, so that it never says what did not happen.
function openClipboard() {
  const system = navigator.clipboard;
  const write = system?.writeText.bind(system);
  const writeText = async (words) => {
    const phrase = state.phrase;
    try {
      await write(words);
    } catch (fault) {
      if (!copyByCommand(words)) {
        selectToCopyByHand(phrase);
        throw fault;
      }
    }
    announce(phrase);
  };
  if (system) system.writeText = writeText;
  else Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
}

function onCopyByHand() {
  const selection = window.getSelection();
  const start = selection.anchorNode;
  const phrase = (start?.nodeType === Node.TEXT_NODE ? start.parentElement : start)?.closest?.(PHRASE);
  const words = phrase?.querySelector("code")?.textContent.trim();
  if (words && selection.toString().trim() === words) announce(phrase);
}

// Streamlit sends what stands in a box when the box is left; a shortcut does not leave it.
function sendTyped(event) {
  const box = document.activeElement;
  if (!event.altKey || event.ctrlKey || event.key === "Alt" || !box?.matches(TYPED)) return;
  box.blur();
  box.focus({ preventScroll: true });
}

// Streamlit's page is English: its language is told to screen readers, its own words are put anew.
function translate(root) {
  const russian = state.data.russian;
  const elements = [root, ...(root.querySelectorAll?.(LABELLED.map((one) => `[${one}]`)) ?? [])];
  for (const element of elements) {
    for (const name of LABELLED) {
      const words = russian[element.getAttribute?.(name)];
      if (words) element.setAttribute(name, words);
    }
  }
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const isText = root.nodeType === Node.TEXT_NODE;
  for (let node = isText ? root : walker.nextNode(); node; node = walker.nextNode()) {
    const words = russian[node.data.trim()];
    if (words && !node.parentElement?.closest(USERS)) node.data = words;
  }
}

function speakRussian() {
  document.documentElement.lang = "ru";
  translate(document.body);
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      for (const root of type === "childList" ? addedNodes : [target]) translate(root);
    }
  }).observe(document.body, {
    childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: LABELLED,
  });
}

function start() {
  openClipboard();
  speakRussian();
  const remember = (event) => { state.phrase = event.target.closest?.(PHRASE) ?? null; };
  document.addEventListener("click", remember, true);
  document.addEventListener("copy", onCopyByHand);
  window.addEventListener("keydown", sendTyped, true);
  state.isStarted = true;
}

export default function ({ data, parentElement }) {
  state.data = data;
  state.note = parentElement.querySelector("[role=alert]");
  if (!state.isStarted) start();
}

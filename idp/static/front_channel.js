// Goes on when every frame of the page has loaded, or when it has waited long enough, and never twice. It stands before the
// frames, so that it misses none. Without it the page's own refresh goes on, and the link at any time.

const WAIT_MS = 3000;

const link = document.getElementById("logout-continue");
const expected = Number(document.currentScript.dataset.frames);
const loaded = new Set();
let waiting;

function go() {
  clearTimeout(waiting);
  document.removeEventListener("load", note, true);
  location.replace(link.href);
}

function note(event) {
  if (!(event.target instanceof HTMLIFrameElement)) return;
  loaded.add(event.target);
  if (loaded.size === expected) go();
}

if (link) {
  document.addEventListener("load", note, true);
  link.addEventListener("click", () => {
    clearTimeout(waiting);
    document.removeEventListener("load", note, true);
  });
  waiting = setTimeout(go, WAIT_MS);
}

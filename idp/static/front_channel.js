// Goes on when every frame of the page has loaded, or when it has waited long enough. It stands before the frames, so
// that it misses none. Without it the header Refresh goes on once they are loaded, and the link at any time.

const WAIT_MS = 3000;

const link = document.getElementById("logout-continue");
const expected = Number(document.currentScript.dataset.frames);
const loaded = new Set();

function go() {
  location.replace(link.href);
}

function note(event) {
  if (!(event.target instanceof HTMLIFrameElement)) return;
  loaded.add(event.target);
  if (loaded.size === expected) go();
}

if (link) {
  document.addEventListener("load", note, true);
  setTimeout(go, WAIT_MS);
}

// Tells a page that frames us whether the session is still the one of its sign-in (OpenID Connect Session Management
// 1.0, section 3.2). What it is asked is "client_id session_state", and session_state is "hash.salt". The answer goes to
// the origin that asked, and the hash is bound to that origin: nobody learns anything with a session_state of another.

const COOKIE = document.currentScript.dataset.cookie;
const QUESTION = /^(.+) ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/s;

function browserState() {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${COOKIE}=`));
  return found ? found.slice(COOKIE.length + 1) : "";
}

async function hashed(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const letters = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function judge(question, origin) {
  const parts = typeof question === "string" ? QUESTION.exec(question) : null;
  if (!parts || origin === "null") return "error";
  const [, clientId, hash, salt] = parts;
  try {
    return (await hashed(`${clientId} ${origin} ${browserState()} ${salt}`)) === hash ? "unchanged" : "changed";
  } catch {
    return "error"; // a page that is no secure context has no way to hash
  }
}

addEventListener("message", async (event) => {
  const { data, origin, source } = event;
  if (!source || source === window) return;
  source.postMessage(await judge(data, origin), origin === "null" ? "*" : origin);
});

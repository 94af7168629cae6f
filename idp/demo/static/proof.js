// Checks in this browser that the record of the ID token is in the provider's ledger, with nothing
// but Web Crypto: docs/ledger.md, "Proof of one token". Nothing of the provider's is believed for it.
"use strict";

const LOOK_AGAIN = 2000;
const LOOKS = 30;
const encoder = new TextEncoder();

// RFC 8785: what the ledger has are texts, whole numbers, lists and objects.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function same(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

async function hash(mark, ...parts) {
  const all = [Uint8Array.of(mark), ...parts];
  const whole = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

// RFC 9162 section 2.1.3.2.
async function root(leaf, index, size, path) {
  let place = index;
  let last = size - 1;
  let found = leaf;
  for (const step of path) {
    if (last === 0) return null;
    if (place % 2 === 1 || place === last) {
      found = await hash(1, step, found);
      while (place % 2 === 0 && place !== 0) {
        place /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      found = await hash(1, found, step);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? found : null;
}

// C2SP signed-note: the text, an empty line, and lines of signatures.
function opened(note) {
  const gap = note.lastIndexOf("\n\n");
  const text = note.slice(0, gap + 1);
  const [origin, size, hashed] = text.split("\n");
  const signatures = note.slice(gap + 2).split("\n").filter(Boolean).map((line) => line.split(" "));
  return { text, origin, size: Number(size), root: bytes(hashed), signatures };
}

// null: this browser cannot check Ed25519.
async function signed(checkpoint, keys) {
  for (const key of keys) {
    const [, name, raw] = key.match(/^([^+]+)\+[0-9a-f]{8}\+(.+)$/);
    const of = bytes(raw).slice(1);
    for (const [, signer, value] of checkpoint.signatures) {
      const signature = bytes(value);
      if (signer !== name || name !== checkpoint.origin) continue;
      try {
        const verifier = await crypto.subtle.importKey("raw", of, "Ed25519", false, ["verify"]);
        if (await crypto.subtle.verify("Ed25519", verifier, signature.slice(4), encoder.encode(checkpoint.text))) return true;
      } catch (error) {
        if (error.name === "NotSupportedError") return null;
        throw error;
      }
    }
  }
  return false;
}

async function checked({ proof, keys }, token) {
  const checkpoint = opened(proof.checkpoint);
  const leaf = await hash(0, encoder.encode(canonical(proof.leaf)));
  const led = await root(leaf, proof.index, checkpoint.size, proof.path.map(bytes));
  const by = await signed(checkpoint, keys);
  const says = proof.leaf;
  return {
    holds: Boolean(led && same(led, checkpoint.root)) && by !== false && says.jti === token.jti && says.acr === token.acr,
    steps: [
      [says.jti === token.jti && says.acr === token.acr, "The record names this very token, and says the same acr."],
      [Boolean(led && same(led, checkpoint.root)), `It is row ${proof.index} of ${checkpoint.size}: ${proof.path.length} hashes lead from it to the root.`],
      by === null
        ? [null, "This browser cannot check Ed25519 signatures: that of the root was not checked."]
        : [by, "The root is signed by the key of the ledger."],
    ],
  };
}

function show(outcome, verdict) {
  const list = document.getElementById("proof-steps");
  list.replaceChildren(
    ...outcome.steps.map(([good, text]) => {
      const line = document.createElement("li");
      const words = document.createElement("span");
      words.textContent = `${good === null ? "not checked" : good ? "yes" : "NO"}: ${text}`;
      line.append(words);
      return line;
    }),
  );
  verdict.textContent = outcome.holds ? "Proved, in this browser." : "This proof does not hold.";
}

async function fetched(verdict) {
  for (let look = 0; look < LOOKS; look += 1) {
    const answer = await fetch("/proof", { method: "POST" });
    if (answer.ok) return answer.json();
    if (answer.status !== 409) break;
    verdict.textContent = "The ledger is sealed every few seconds: waiting for that…";
    await new Promise((done) => setTimeout(done, LOOK_AGAIN));
  }
  return null;
}

const button = document.getElementById("check-proof");
if (button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const verdict = document.getElementById("proof-verdict");
    button.disabled = true;
    // What an earlier check found must not pass for what this one finds.
    verdict.textContent = "Checking…";
    document.getElementById("proof-steps").replaceChildren();
    try {
      const given = await fetched(verdict);
      if (given === null) verdict.textContent = "The provider gave no proof. Try again in a moment.";
      else show(await checked(given, { jti: button.dataset.jti, acr: button.dataset.acr }), verdict);
    } catch (error) {
      verdict.textContent = `This could not be checked here: ${error.message}`;
    }
    button.disabled = false;
  });
}

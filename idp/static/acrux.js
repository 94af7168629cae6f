// Small comforts for the hosted pages: show the password, copy the key, print, count a wait down, send a form only once, go to the error,
// say whether the browser can make passkeys.
// Every page works without this file. It never sends, stores or decides anything.

const RELEASE_MS = 10_000; // a lost request must not leave a form dead for ever

function focusProblem() {
  document.querySelector("[role=alert]")?.focus();
}

function revealPasswords() {
  for (const button of document.querySelectorAll("button[data-reveals]")) {
    const field = document.getElementById(button.dataset.reveals);
    const offer = { text: button.textContent, label: button.getAttribute("aria-label") };
    const show = (shown) => {
      field.type = shown ? "text" : "password";
      button.textContent = shown ? button.dataset.hide : offer.text;
      button.setAttribute("aria-label", shown ? button.dataset.hideLabel : offer.label);
    };
    button.addEventListener("click", () => show(field.type === "password"));
    // Browsers offer to remember, and may store for completion, what stands in a text field.
    field.form.addEventListener("submit", () => show(false));
    button.hidden = false;
  }
}

function copySecrets() {
  if (!navigator.clipboard) return; // plain http, or an old browser: the key can still be selected
  for (const button of document.querySelectorAll("button[data-copies]")) {
    const source = document.getElementById(button.dataset.copies);
    const label = button.textContent;
    const status = document.createElement("span");
    status.className = "unseen";
    status.role = "status";
    button.after(status);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.textContent.replace(/\s+/g, ""));
      } catch {
        getSelection().selectAllChildren(source);
        return;
      }
      button.textContent = status.textContent = button.dataset.done;
      setTimeout(() => {
        button.textContent = label;
        status.textContent = "";
      }, 3000);
    });
    button.hidden = false;
  }
}

function printPages() {
  for (const button of document.querySelectorAll("button[data-prints]")) {
    button.addEventListener("click", () => window.print());
    button.hidden = false;
  }
}

function countDown() {
  for (const hint of document.querySelectorAll("[data-wait]")) {
    const over = performance.now() + Number(hint.dataset.wait) * 1000;
    const tick = setInterval(() => {
      const left = Math.ceil((over - performance.now()) / 1000);
      if (left > 0) {
        hint.textContent = hint.textContent.replace(/\d+/, left);
      } else {
        hint.remove();
        clearInterval(tick);
      }
    }, 1000);
  }
}

function sayIfAble() {
  // What passkey.js needs, which pages with a code do not load.
  const able =
    window.PublicKeyCredential?.parseRequestOptionsFromJSON &&
    PublicKeyCredential.parseCreationOptionsFromJSON;
  for (const field of document.querySelectorAll("input[name=able]")) field.value = able ? "1" : "";
}

function sendOnce() {
  const sent = new Set();
  const release = (form) => {
    sent.delete(form);
    form.removeAttribute("aria-busy");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    form.setAttribute("aria-busy", "true");
    setTimeout(release, RELEASE_MS, form);
  });
  // A page that comes back from the browser's memory is fresh again.
  addEventListener("pageshow", () => sent.forEach(release));
}

focusProblem();
revealPasswords();
copySecrets();
printPages();
countDown();
sayIfAble();
sendOnce();

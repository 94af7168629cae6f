// Passkeys: hands the page's options to the browser and the authenticator's answer to the form. Decides nothing.
// A browser without passkeys, or without this file, is offered the other ways by the page itself.

const able =
  window.PublicKeyCredential?.parseRequestOptionsFromJSON &&
  PublicKeyCredential.parseCreationOptionsFromJSON;
let waiting; // the quiet offer in the name field, which a pressed button must end first

function ask(form, signal, mediation) {
  const options = JSON.parse(form.dataset.options);
  if (form.dataset.passkey === "create") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return navigator.credentials.create({ publicKey, signal });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey, signal, mediation });
}

function send(form, credential) {
  form.elements.credential.value = JSON.stringify(credential.toJSON());
  form.submit();
}

function tell(form, error) {
  const problem = form.querySelector("[role=alert]");
  const words = problem.querySelector("span");
  const kinds = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" };
  words.textContent = words.dataset[kinds[error.name] ?? "failed"];
  problem.hidden = false;
  problem.focus();
}

async function press(event) {
  event.preventDefault();
  const form = event.target;
  waiting?.abort();
  form.querySelector("[role=alert]").hidden = true;
  try {
    send(form, await ask(form, undefined, undefined));
  } catch (error) {
    tell(form, error);
    form.removeAttribute("aria-busy");
  }
}

async function offerQuietly(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  try {
    send(form, await ask(form, waiting.signal, "conditional"));
  } catch {
    // Nobody took the offer: the page is as it was.
  }
}

for (const form of able ? document.querySelectorAll("form[data-passkey]") : []) {
  form.querySelector("button").hidden = false;
  form.querySelector("[data-without]")?.setAttribute("hidden", "");
  form.addEventListener("submit", press, true);
  if ("conditional" in form.dataset) offerQuietly(form);
}

// A single-page application as oidc-client-ts describes it: one page that signs in, comes back,
// renews in a hidden frame and signs out. What the library tells it is kept for the test to read.
"use strict";

const told = [];
const frameAnswers = [];
let manager;

window.addEventListener("message", (event) => {
  if (typeof event.data === "string") frameAnswers.push(event.data);
});

const show = (text) => {
  document.getElementById("state").textContent = text;
};

function listen(events) {
  events.addUserLoaded(() => told.push("loaded"));
  events.addUserUnloaded(() => told.push("unloaded"));
  events.addUserSignedOut(() => told.push("signed out"));
  events.addUserSessionChanged(() => told.push("session changed"));
  events.addSilentRenewError((error) => told.push(`renewal failed: ${error.message}`));
}

async function start() {
  const settings = await (await fetch("/settings.json")).json();
  manager = new oidc.UserManager({
    ...settings,
    userStore: new oidc.WebStorageStateStore({ store: window.sessionStorage }),
  });
  listen(manager.events);
  if (location.pathname === "/callback") {
    await manager.signinCallback();
    if (window.parent !== window) return;
    history.replaceState({}, "", "/");
  } else if (location.pathname === "/signed-out") {
    const answer = await manager.signoutCallback();
    show(`Signed out ${answer.userState ?? ""}`.trim());
    return;
  }
  show((await manager.getUser()) ? "Signed in" : "Nobody");
}

// Kept beside a failure, so that the test can say what went wrong.
const attempt = async (work) => {
  try {
    return { result: (await work()) ?? null };
  } catch (error) {
    return { error: error.error ?? error.message };
  }
};

window.addEventListener("load", async () => {
  const outcome = await attempt(start);
  if (outcome.error) show(`Failed: ${outcome.error}`);
});

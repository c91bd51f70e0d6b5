// Keeps what is live up to date, by htmx: in place, only where something has changed, and only
// while somebody can see it. Without any of this the pages are complete, as of when they were made.
(() => {
  const EVERY = 5000;
  const gone = document.getElementById("gone");
  const live = () => document.querySelector("#live[hx-get]");
  let answered = new Date();
  let asking = 0;

  // What a person has opened stays open.
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
    !(name === "open" && node.tagName === "DETAILS");

  function refresh() {
    const part = live();
    if (part && !document.hidden && !asking) htmx.trigger(part, "refresh");
  }

  function say(words) {
    if (gone.textContent !== words) gone.textContent = words;
  }

  function lost() {
    const since = answered.toISOString().slice(11, 19);
    say("syncd does not answer. What you see is from " + since + " UTC.");
  }

  document.body.addEventListener("htmx:beforeRequest", () => { asking += 1; });
  document.body.addEventListener("htmx:afterRequest", () => { asking -= 1; });
  document.body.addEventListener("htmx:sendError", lost);
  document.body.addEventListener("htmx:timeout", lost);
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    answered = new Date();
    say("");
    // Another page than ours, such as the one to sign in: a person has to see it whole.
    if (!event.detail.serverResponse.includes('id="live"')) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
  document.addEventListener("visibilitychange", refresh);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      document.getElementById("q").focus();
    }
  });
  setInterval(refresh, EVERY);
})();

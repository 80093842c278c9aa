// Keeps what is marked so up to date, by server-sent events; everything else works without it.
"use strict";

(() => {
  const url = document.body.dataset.live;
  if (!url) return;
  const pulse = document.getElementById("pulse");
  const text = document.getElementById("pulse-text");

  const say = (state, words) => {
    if (pulse.dataset.state === state) return;
    pulse.dataset.state = state;
    text.textContent = words;
  };

  const focusable = (element) => [...element.querySelectorAll("a, button, input, select")];

  const replace = (element, html) => {
    const at = focusable(element).indexOf(document.activeElement);
    element.innerHTML = html;
    if (at >= 0) {
      const again = focusable(element);
      if (again.length) again[Math.min(at, again.length - 1)].focus({ preventScroll: true });
    }
  };

  let source = null;
  const open = () => {
    source = new EventSource(url);
    source.addEventListener("parts", (event) => {
      for (const [id, html] of Object.entries(JSON.parse(event.data))) {
        const element = document.getElementById(id);
        if (element) replace(element, html);
      }
      say("live", "live");
    });
    source.addEventListener("problem", (event) => say("lost", JSON.parse(event.data)));
    source.addEventListener("error", () => say("lost", "connection lost; trying again"));
  };

  // A page that nobody sees asks for nothing.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source.close();
    else open();
  });
  window.addEventListener("pagehide", () => source.close());
  open();
})();

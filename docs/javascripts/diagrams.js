/* Diagrams are drawn by the copy of Mermaid beside this file, on pages that have one. The theme asks
   another host for it where there is no `mermaid`: so here is one, which loads it when it is used. */
(() => {
  const source = new URL("mermaid.min.js", document.currentScript.src);
  let settings;
  let loading;

  const load = () =>
    (loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = () => {
        const mermaid = window.mermaid;
        window.mermaid = drawing;
        mermaid.initialize(settings);
        resolve(mermaid);
      };
      script.onerror = reject;
      document.head.append(script);
    }));

  /* On a phone, a diagram shrinks so far and no further; where that is wider, it is scrolled. */
  const readable = (svg) =>
    svg.replace(/max-width: [\d.]+px/, (all) => `${all}; min-width: min(${all.slice(11)}, 600px)`);

  const drawing = {
    initialize(given) {
      settings = given;
      loading?.then((mermaid) => mermaid.initialize(given));
    },
    async render(...asked) {
      const mermaid = await load();
      const drawn = await mermaid.render(...asked);
      return { ...drawn, svg: readable(drawn.svg) };
    },
  };
  window.mermaid = drawing;
})();

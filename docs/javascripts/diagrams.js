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
        window.mermaid.initialize(settings);
        resolve(window.mermaid);
      };
      script.onerror = reject;
      document.head.append(script);
    }));

  window.mermaid = {
    initialize(given) {
      settings = given;
    },
    render(...asked) {
      return load().then((mermaid) => mermaid.render(...asked));
    },
  };
})();

// Plotly under a content policy without 'unsafe-inline'. It does three things that such a policy blocks, and each has an
// answer that the policy allows:
//   rules in a <style> of its own   → plotly itself leaves them out where an element "plotly.js-style-global" of class
//                                     "no-inline-styles" is there: our css/plotly.css, which holds the rules we need
//   a <style> for maps              → left out where an element of its id is there already; we draw no maps
//   setAttribute("style", …)        → the same declarations through the CSSOM, which no policy forbids
const MAP_STYLE = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";
let loading;

export function loadPlotly(address) {
  loading ??= new Promise((done, failed) => {
    const marker = document.createElement("meta");
    marker.id = MAP_STYLE;
    document.head.append(marker);
    const set = Element.prototype.setAttribute;
    Element.prototype.setAttribute = function setAttribute(name, value) {
      if (name === "style") this.style.cssText = value;
      else set.call(this, name, value);
    };
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => done(window.Plotly));
    script.addEventListener("error", failed);
    document.head.append(script);
  });
  return loading;
}

() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const told = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 120);
  const nameOf = (element) => (element.getAttribute("aria-label") || element.innerText ||
    (element.labels && element.labels[0] && element.labels[0].textContent) || "").trim();
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });

  if (document.documentElement.lang !== "en") found.push("no language");
  if (!document.title) found.push("no title");
  for (const [selector, count] of [["h1", 1], ["main", 1], ["header", 1]]) {
    if (all(selector).length !== count) found.push(selector + ": " + all(selector).length);
  }
  const skip = document.querySelector("a.skip");
  if (!skip || !document.querySelector(skip.getAttribute("href"))) found.push("skip link");

  const ids = all("[id]").map((element) => element.id);
  for (const id of ids) if (ids.filter((one) => one === id).length > 1) found.push("id twice: " + id);
  for (const element of all("[aria-labelledby]")) {
    const label = document.getElementById(element.getAttribute("aria-labelledby"));
    if (!label || !label.textContent.trim()) found.push("label missing: " + told(element));
  }
  for (const element of all("a, button, input, select")) {
    if (isShown(element) && !nameOf(element)) found.push("no name: " + told(element));
  }
  for (const svg of all("svg:not([aria-hidden])")) {
    if (svg.getAttribute("role") !== "img" || !svg.querySelector("title") ||
        !svg.getAttribute("aria-label")) found.push("chart without words: " + told(svg));
  }
  for (const head of all("th")) if (!head.scope) found.push("head without scope: " + told(head));
  for (const box of all(".table")) {
    if (box.tabIndex !== 0 || !(box.getAttribute("aria-label") ||
        box.getAttribute("aria-labelledby"))) found.push("box out of reach: " + told(box));
  }
  let level = 0;
  for (const heading of all("h1, h2, h3, h4")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) found.push("heading skips a level: " + told(heading));
    level = own;
  }

  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((one) => {
      const share = one / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const groundOf = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = channels(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !isShown(element)) continue;
    // Labels inside of bars stand on the bar; the tokens' own test sees to those.
    if (element.closest("script, style, title, desc, .inside, .mark-stopped, .skip, .hidden-text")) continue;
    const style = getComputedStyle(element);
    const ink = luminance(channels(element.closest("svg") ? style.fill : style.color));
    const ground = luminance(groundOf(element));
    const contrast = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    if (contrast < 4.5) found.push("contrast " + contrast.toFixed(2) + ": " + told(element));
  }
  return found;
}

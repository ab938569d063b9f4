// Looks at pages in frames, each with a width and a scheme of colours of its own, and writes down what it sees.

const shade = (colour) => {
  const [r, g, b] = colour.match(/[\d.]+/g).map((part) => Number(part) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

const contrast = (one, other) => {
  const [low, high] = [shade(one), shade(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};

const clear = (colour) => /^rgba\(.*, 0\)$/.test(colour) || colour === "transparent";

function paper(view, element) {
  for (let one = element; one; one = one.parentElement) {
    const colour = view.getComputedStyle(one).backgroundColor;
    if (!clear(colour)) return colour;
  }
  return "rgb(255, 255, 255)";
}

function faint(view, page) {
  const found = [];
  for (const element of page.body.querySelectorAll("*:not(svg *):not(script):not(style)")) {
    const own = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
    if (!own) continue;
    const style = view.getComputedStyle(element), size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if (contrast(style.color, paper(view, element)) < least) found.push(own.slice(0, 60));
  }
  return found;
}

function spilled(view, page) {
  const boxes = [...page.body.querySelectorAll("*:not(svg):not(svg *)")].filter((element) => {
    const style = view.getComputedStyle(element);
    return style.overflowY !== "visible" || (style.borderTopWidth !== "0px" && style.borderBottomWidth !== "0px");
  });
  return boxes.filter((box) => box.scrollHeight > box.clientHeight + 1 && box.clientHeight > 0)
    .map((box) => box.outerHTML.slice(0, 120));
}

function cut(page) {
  const edge = (one) => one.closest(".wide, .table-wrapper")?.getBoundingClientRect().right ?? page.documentElement.clientWidth;
  const beyond = (one) => one.getBoundingClientRect().right > edge(one) + 1 || one.scrollWidth > one.clientWidth + 1;
  return [...page.querySelectorAll("table")].filter(beyond).map((one) => one.outerHTML.slice(0, 120));
}

function unnamed(page) {
  const pictures = [...page.querySelectorAll("img, svg, [role=img], meter, progress")];
  const named = (one) => one.getAttribute("alt") || one.getAttribute("aria-label") || one.querySelector(":scope > title");
  return pictures.filter((one) => !one.closest("[aria-hidden=true]") && !named(one) && !one.parentElement.closest("[role=img]"))
    .map((one) => one.outerHTML.slice(0, 120));
}

function seen(frame) {
  const view = frame.contentWindow, page = frame.contentDocument, root = page.documentElement;
  for (const one of page.querySelectorAll("details")) one.open = true;
  return {
    width: frame.clientWidth,
    dark: view.matchMedia("(prefers-color-scheme: dark)").matches,
    text: page.body.innerText,
    sideways: root.scrollWidth - root.clientWidth,
    paper: view.getComputedStyle(page.body).backgroundColor,
    faint: faint(view, page),
    spilled: spilled(view, page),
    cut: cut(page),
    unnamed: unnamed(page),
    headings: [...page.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((one) => Number(one.tagName[1])),
    title: page.title,
    lang: root.lang,
    scripts: page.querySelectorAll("script").length,
    loaded: view.performance.getEntriesByType("resource").map((one) => one.name),
    html: root.outerHTML,
  };
}

addEventListener("load", () => {
  const told = [...document.querySelectorAll("iframe")].map(seen);
  document.body.replaceChildren(new Text(JSON.stringify(told)));
});

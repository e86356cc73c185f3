/* Elements of the page. Text of the audit becomes text of the page, never markup. */
const SVG = "http://www.w3.org/2000/svg";

function build(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(2).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

function el(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

/* A number with what is counted: 1 user, 2 users, 3 identities. */
function count(number, noun) {
  const several = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${number.toLocaleString("en")} ${number === 1 ? noun : several}`;
}

/* A long name with its middle left out, so that both ends can be told apart. */
function shortened(text, length) {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}

/* A link, if the address is one of the web; its text otherwise. */
function webLink(address, text) {
  return /^https?:\/\//i.test(address) ? el("a", { href: address, rel: "noreferrer" }, text) : el("span", {}, text);
}

function badge(kind, text) {
  return el("span", { class: `badge ${kind}` }, text);
}

/* Tell a screen reader what has changed on the page. */
function say(text) {
  document.getElementById("said").textContent = text;
}

/* A table whose cells name their columns, so that it can be stacked on a phone. */
function table(caption, columns, rows) {
  const head = columns.map((name) => el("th", { scope: "col" }, name));
  const body = rows.map((cells) =>
    el("tr", {}, cells.map((cell, place) =>
      place === 0 ? el("th", { scope: "row" }, cell) : el("td", { "data-label": columns[place] }, cell))));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    el("table", { class: "stack" }, el("caption", {}, caption), el("thead", {}, el("tr", {}, head)), el("tbody", {}, body)));
}

/* A list that shows some of its items at a time. */
function paged(items, size, draw) {
  const holder = el("div", {});
  let shown = size;
  const update = () => {
    const rest = items.length - shown;
    const more = rest > 0 && el("p", { class: "more" },
      el("button", { type: "button", onclick: () => { shown += size; update(); say(`${Math.min(shown, items.length)} of ${items.length} are shown`); } },
        `Show ${Math.min(size, rest)} more`), el("span", { class: "quiet" }, `${shown} of ${items.length.toLocaleString("en")}`));
    holder.replaceChildren(draw(items.slice(0, shown)), ...(more ? [more] : []));
  };
  update();
  return holder;
}

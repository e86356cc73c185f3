/* The pages by the address after #, the tabs, the colors. */
const TABS = [["", "Overview"], ["paths", "Paths"], ["identities", "Identities"], ["findings", "Findings"]];

function pageFor(audit, address) {
  const [path, query = ""] = address.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  if (name === "identity") return [name, identityPage(audit, decoded(rest.join("/")))];
  if (name === "paths") return [name, pathsPage(audit)];
  if (name === "identities") return [name, identitiesPage(audit, new URLSearchParams(query))];
  if (name === "findings") return [name, findingsPage(audit)];
  return ["", overviewPage(audit)];
}

/* The ARN in an address; one that somebody has cut off is shown as it is. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function drawTabs(current) {
  document.getElementById("tabs").replaceChildren(...TABS.map(([name, text]) =>
    el("li", {}, el("a", { href: `#/${name}`, "aria-current": name === current ? "page" : null }, text))));
}

function setUpColors() {
  const choice = document.getElementById("theme");
  const apply = (value) => {
    if (value === "auto") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.setAttribute("data-theme", value);
  };
  choice.addEventListener("change", () => apply(choice.value));
}

function setUpSkipLink(main) {
  // The address after # names the page, so the link moves the focus without it.
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
}

function start() {
  const audit = new Audit(JSON.parse(document.getElementById("data").textContent));
  const main = document.getElementById("main");
  const draw = (first) => {
    const [name, page] = pageFor(audit, location.hash);
    main.replaceChildren(page);
    drawTabs(name);
    document.title = `${main.querySelector("h1").textContent} · ${audit.title}`;
    // A new page begins at its top, for eyes and for screen readers.
    if (!first) { main.focus({ preventScroll: true }); window.scrollTo(0, 0); }
  };
  setUpSkipLink(main);
  setUpColors();
  setUpSearch(audit);
  window.addEventListener("hashchange", () => draw(false));
  draw(true);
}

start();

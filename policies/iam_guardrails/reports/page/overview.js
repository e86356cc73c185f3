/* The first page: what a manager has to know, and what to change first. */
function overviewPage(audit) {
  const far = audit.distances(audit.ends);
  return el("div", {}, el("h1", {}, audit.title), el("p", { class: "lead" }, audit.summary), figures(audit),
    cutsPart(audit), picturePart(audit, far), accountsPart(audit), remarksPart(audit));
}

function figures(audit) {
  const card = (number, text, kind, address) => el("li", { class: `card ${kind}` }, el("strong", {}, number.toLocaleString("en")), address ? el("a", { href: address }, text) : text);
  const reaching = audit.identities.filter((one) => one.reaches && !one.administrator && !one.external).length;
  const errors = audit.findings.filter((one) => one.level === "error").length;
  const outside = audit.identities.filter((one) => one.external && one.reaches).length;
  return el("ul", { class: "cards", "aria-label": "Key figures" },
    card(audit.total, "identities were looked at", "", "#/identities"),
    card(audit.identities.filter((one) => one.administrator).length, "are administrators, or can make themselves one", "warn", "#/identities?only=administrators"),
    card(reaching, "more can become an administrator by way of others", reaching ? "bad" : "good", "#/identities?only=reaching"),
    card(outside, "external principals can become an administrator", outside ? "bad" : "good", "#/identities?only=external"),
    card(errors, "findings are errors", errors ? "bad" : "good", "#/findings"));
}

function cutsPart(audit) {
  if (!audit.cuts.length) return null;
  const most = Math.max(...audit.cuts.map((one) => one.closes.length), 1);
  const rows = audit.cuts.slice(0, 10).map((one) => {
    const bar = svg("svg", { width: 120, height: 10, "aria-hidden": "true" }, svg("rect", { width: Math.max(2, 120 * one.closes.length / most), height: 10, rx: 3, fill: "currentColor" }));
    return [one.because === null ? one.what : reason(audit, one.because, one.what), el("span", {}, bar, ` ${closed(audit, one)}`), count(one.paths, "path")];
  });
  return el("section", { "aria-labelledby": "cuts" }, el("h2", { id: "cuts" }, "What to change first"),
    table("Single changes, those that close most ways first", ["Change", "Who can no longer become administrator", "Paths through it"], rows));
}

function closed(audit, cut) {
  if (cut.closes.length === 1) return identityLink(audit, cut.closes[0]).textContent;
  return count(cut.closes.length, "identity");
}

function picturePart(audit, far) {
  const heading = el("h2", { id: "picture" }, "Who can become administrator, and how");
  if (!far.some((steps) => steps !== Infinity && steps > 0)) {
    return el("section", { "aria-labelledby": "picture" }, heading, el("p", {}, "Nobody can: there is no path to draw."));
  }
  const shown = el("div", { class: "card", hidden: true });
  const picture = new Picture(audit, far, (group) => { shown.hidden = false; shown.replaceChildren(...chosenPart(audit, far, group)); });
  // Only what is part of the page has a width to fit into.
  queueMicrotask(() => picture.draw());
  return el("section", { "aria-labelledby": "picture" }, heading,
    el("p", {}, "Each box is an identity or a group of identities; arrows lead by the shortest ways to an end. The number on an arrow says for how many steps it stands. With the keyboard: Tab to the picture, arrow keys from box to box, Enter opens."),
    picture.element, legend(), shown);
}

function chosenPart(audit, far, group) {
  say(`${group.label}: shown below the picture`);
  if (group.rest) {
    return [el("h3", {}, `${group.label} of this group`), paged(group.members, 30, (some) => el("ul", { class: "plain" }, some.map((place) => el("li", {}, identityLine(audit, place)))))];
  }
  const place = group.members[0];
  const way = audit.shortest(place, far);
  return [el("h3", {}, identityLine(audit, place)), way.length ? steps(audit, way) : el("p", {}, "This is an end of the ways.")];
}

function accountsPart(audit) {
  if (audit.accounts.length < 2) return null;
  const tally = new Map(audit.accounts.map((one) => [one.id, { all: 0, administrators: 0, reaching: 0 }]));
  for (const one of audit.identities) {
    const sum = tally.get(one.account);
    if (!sum) continue;
    sum.administrators += one.administrator ? 1 : 0;
    sum.reaching += one.reaches && !one.administrator ? 1 : 0;
  }
  for (const one of audit.accounts) tally.get(one.id).all = one.total;
  const sorted = [...audit.accounts].sort((one, other) => tally.get(other.id).reaching - tally.get(one.id).reaching);
  const draw = (some) => table("Accounts, those with most ways to administrator first", ["Account", "Identities", "Administrators", "Can become administrator"],
    some.map((one) => [el("a", { href: `#/identities?account=${one.id}` }, audit.accountName(one.id)), ...["all", "administrators", "reaching"].map((name) => tally.get(one.id)[name].toLocaleString("en"))]));
  return el("section", { "aria-labelledby": "accounts" }, el("h2", { id: "accounts" }, "Accounts"), paged(sorted, 15, draw));
}

function remarksPart(audit) {
  if (!audit.remarks.length) return null;
  return el("section", { "aria-labelledby": "remarks" }, el("h2", { id: "remarks" }, "What this report does not know"),
    paged(audit.remarks, 10, (some) => el("ul", {}, some.map((one) => el("li", {}, one)))));
}

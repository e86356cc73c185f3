/* The page of one identity: what it is, what it can become and why, who can become it, what was found. */
function identityPage(audit, arn) {
  const place = audit.byArn.get(arn);
  if (place === undefined) return el("div", {}, el("h1", {}, "Not in this report"), el("p", { class: "arn" }, arn), el("p", {}, el("a", { href: "#/identities" }, "All identities")));
  const one = audit.identities[place];
  const far = audit.distances(audit.ends);
  return el("div", {}, el("h1", {}, one.name), facts(audit, one), why(audit, one), wayOut(audit, place, far), becomes(audit, place), endsUp(audit, place),
    becomesIt(audit, place), may(audit, one), findingsOf(audit, place));
}

function facts(audit, one) {
  const standing = one.administrator ? badge("bad", "administrator") : one.reaches ? badge("warn", "can become administrator") : badge("good", "cannot become administrator");
  const rows = [["ARN", el("span", { class: "arn" }, one.arn)], ["Kind", one.kind], ["Account", audit.accountName(one.account)], ["Standing", standing]];
  return el("dl", { class: "facts" }, rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function why(audit, one) {
  if (!one.administrator) return null;
  return part("why", "Why it is an administrator", el("p", {}, "It can do everything in its account, or give itself everything; what it can become there is not listed."),
    one.because.map((place) => reason(audit, place)));
}

/* What it may do: its policies, each opened when asked for. */
function may(audit, one) {
  if (one.external || !one.policies.length) return null;
  return part("may", "Its policies", one.policies.map((held) => {
    if (held.document === null) return el("p", {}, held.text, el("span", { class: "quiet" }, " (its document was not read)"));
    const details = el("details", {}, el("summary", {}, held.text));
    details.addEventListener("toggle", () => {
      if (details.open && !details.querySelector("pre")) details.append(documentText(audit.documents[held.document].text, 0, 0).holder);
    });
    return details;
  }));
}

function part(id, title, ...inside) {
  return el("section", { "aria-labelledby": id }, el("h2", { id }, title), inside);
}

function wayOut(audit, place, far) {
  const way = audit.shortest(place, far);
  if (!way.length) return null;
  const others = audit.paths.filter((path) => path.from === place && String(path.edges) !== String(way));
  return part("way", "Shortest path to an end", steps(audit, way, true),
    others.length > 0 && [el("h3", {}, "Other paths"), paged(others, 10, (some) => el("ul", { class: "plain" }, some.map((path) => el("li", {}, pathDetails(audit, path.edges)))))]);
}

function becomes(audit, place) {
  const edges = audit.out[place].map((at) => audit.edges[at]);
  if (!edges.length) return part("becomes", "What it can become in one step", el("p", {}, "Nothing."));
  return part("becomes", "What it can become in one step", paged(edges, 20, (some) => el("ul", { class: "plain" }, some.map((edge) =>
    el("li", {}, el("p", { class: "step-title" }, identityLine(audit, edge.to), " ", surety(edge)), el("p", {}, edge.how), reasons(audit, edge))))));
}

function endsUp(audit, place) {
  const reached = audit.reached(place).filter(([, steps]) => steps > 1);
  if (!reached.length) return null;
  return part("reached", "What it can become by way of others", paged(reached, 20, (some) => table("The nearest first", ["Name", "Kind", "Account", "Steps"],
    some.map(([to, steps]) => [identityLink(audit, to), audit.identities[to].kind, audit.accountName(audit.identities[to].account), String(steps)]))));
}

function becomesIt(audit, place) {
  const edges = audit.into[place].map((at) => audit.edges[at]);
  return part("into", "Who can become it in one step", edges.length ? paged(edges, 20, (some) => el("ul", { class: "plain" }, some.map((edge) =>
    el("li", {}, el("p", { class: "step-title" }, identityLine(audit, edge.from), " ", surety(edge)), el("p", {}, edge.how), reasons(audit, edge)))))
    : el("p", {}, "Nobody."));
}

function findingsOf(audit, place) {
  return part("findings", "Findings", findingList(audit, audit.findings.filter((one) => one.identity === place)));
}

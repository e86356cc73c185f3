/* Pieces that several parts of the report show. */
const SURE = {
  certain: ["bad", "certain"],
  condition: ["warn", "only if a condition holds"],
  inventory: ["plain", "needs inventory"],
};

function identityLink(audit, place) {
  const one = audit.identities[place];
  return el("a", { href: `#/identity/${encodeURIComponent(one.arn)}`, title: one.arn }, one.name);
}

/* Name, kind and account of an identity, the name as link. */
function identityLine(audit, place) {
  const one = audit.identities[place];
  return el("span", {}, identityLink(audit, place), el("span", { class: "quiet" }, ` ${one.kind} · ${audit.accountName(one.account)} `),
    one.administrator && badge("bad", "administrator"));
}

function surety(edge) {
  return badge(...SURE[edge.sure]);
}

/* A document with the lines that matter marked; a long one begins near them. */
function documentText(text, first, last) {
  const lines = text.split("\n");
  const holder = el("pre", { tabindex: 0, role: "region", "aria-label": first ? `Policy document; lines ${first} to ${last} are the statement that counts` : "Policy document" });
  let marked = null;
  lines.forEach((line, place) => {
    const inside = place + 1 >= first && place + 1 <= last;
    if (inside && !marked) { marked = el("mark", {}); holder.append(marked); }
    if (inside) marked.append(el("span", {}, line || " "));
    else holder.append(el("span", {}, line || " "));
  });
  return { holder, marked };
}

/* One reason of an edge: where it stands, and the document with its statement marked. */
function reason(audit, place, words = audit.because[place].text) {
  const one = audit.because[place];
  const where = [one.file, one.line ? `line ${one.line}` : ""].filter(Boolean).join(", ");
  if (one.document === null) return el("p", {}, words, where && el("span", { class: "quiet" }, ` (${where})`));
  const details = el("details", {}, el("summary", {}, words), where && el("p", { class: "quiet" }, where));
  // A document is drawn when it is asked for: a report has thousands of them.
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector("pre")) return;
    const { holder, marked } = documentText(audit.documents[one.document].text, one.first, one.last);
    details.append(holder);
    if (marked) holder.scrollTop = Math.max(0, marked.offsetTop - holder.offsetTop - 40);
  });
  return details;
}

function reasons(audit, edge, open = false) {
  const drawn = edge.because.map((place) => reason(audit, place));
  if (open) drawn.filter((one) => one.tagName === "DETAILS").slice(0, 1).forEach((one) => { one.open = true; });
  return drawn.length ? drawn : [el("p", { class: "quiet" }, "No statement is named for this step.")];
}

/* The steps of a path, each with how, how sure, and why. */
function steps(audit, places, open = false) {
  return el("ol", { class: "steps" }, places.map((place, number) => {
    const edge = audit.edges[place];
    return el("li", {},
      el("p", { class: "step-title" }, identityLink(audit, edge.from), ` → ${edge.how} → `, identityLink(audit, edge.to), " ", surety(edge),
        edge.crosses && [" ", badge("plain", "into another account")]),
      edge.condition && el("p", { class: "quiet" }, edge.condition),
      reasons(audit, edge, open && number === 0));
  }));
}

/* A path on one line that opens to its steps. */
function pathDetails(audit, places) {
  const edges = places.map((place) => audit.edges[place]);
  const names = [edges[0].from, ...edges.map((edge) => edge.to)].map((place) => audit.identities[place].name);
  const details = el("details", {}, el("summary", {}, `${names.join(" → ")} (${count(edges.length, "step")})`));
  details.addEventListener("toggle", () => { if (details.open && !details.querySelector("ol")) details.append(steps(audit, places)); });
  return details;
}

const LEVELS = { error: "bad", warning: "warn", note: "plain" };

function findingItem(audit, finding) {
  return el("li", {},
    el("p", { class: "step-title" }, badge(LEVELS[finding.level] ?? "plain", finding.level), " ", finding.docs ? webLink(finding.docs, finding.rule) : finding.rule,
      finding.identity !== null && [" · ", identityLink(audit, finding.identity)]),
    el("p", {}, finding.message), finding.fix && el("p", {}, el("strong", {}, "Fix: "), finding.fix),
    finding.where && el("p", { class: "quiet" }, finding.where));
}

function findingList(audit, findings) {
  return findings.length ? paged(findings, 40, (some) => el("ul", { class: "plain" }, some.map((one) => findingItem(audit, one))))
    : el("p", {}, "None.");
}

/* The pages that list: paths, identities, findings. Filters are form controls with labels; the address keeps them. */
function select(label, value, options, act) {
  return el("label", {}, label, el("select", { onchange: (event) => act(event.target.value) },
    options.map(([name, text]) => el("option", { value: name, selected: name === value }, text))));
}

function typed(label, value, act) {
  return el("label", {}, label, el("input", { type: "search", value, spellcheck: "false", oninput: (event) => act(event.target.value) }));
}

/* A page of filters over a list that is drawn anew with each change. */
function filtered(title, intro, filters, chosen, draw) {
  const list = el("div", {});
  const update = () => list.replaceChildren(...draw(chosen));
  const change = (name) => (value) => { chosen[name] = value; update(); };
  const controls = filters(chosen, change);
  update();
  return el("div", {}, el("h1", {}, title), intro && el("p", { class: "lead" }, intro),
    el("form", { class: "filters", role: "search", "aria-label": `Filters of ${title.toLowerCase()}`, onsubmit: (event) => event.preventDefault() }, controls), list);
}

function matches(text, words) {
  const lower = text.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}

function accountOptions(audit) {
  return [["", "all accounts"], ...audit.accounts.map((one) => [one.id, audit.accountName(one.id)])];
}

function identitiesPage(audit, query) {
  const far = audit.distances(audit.ends);
  const ONLY = {
    "": ["all", () => true],
    administrators: ["administrators", (one) => one.administrator],
    reaching: ["who can become administrator", (one) => one.reaches && !one.administrator && !one.external],
    external: ["external principals", (one) => one.external],
  };
  const kinds = [...new Set(audit.identities.map((one) => one.kind))].sort();
  const filters = (chosen, change) => [typed("Name or ARN has", chosen.text, change("text")),
    select("Account", chosen.account, accountOptions(audit), change("account")),
    select("Kind", chosen.kind, [["", "all kinds"], ...kinds.map((one) => [one, one])], change("kind")),
    select("Show", chosen.only, Object.entries(ONLY).map(([name, [text]]) => [name, text]), change("only"))];
  const draw = (chosen) => {
    const found = audit.identities.map((_, place) => place).filter((place) => {
      const one = audit.identities[place];
      return ONLY[chosen.only][1](one) && (!chosen.account || one.account === chosen.account) && (!chosen.kind || one.kind === chosen.kind) && matches(one.arn, chosen.text);
    }).sort((one, other) => far[one] - far[other] || audit.identities[one].arn.localeCompare(audit.identities[other].arn));
    say(`${count(found.length, "identity")} found`);
    const rows = (some) => some.map((place) => [identityLink(audit, place), audit.identities[place].kind, audit.accountName(audit.identities[place].account), standing(audit, place, far)]);
    return [el("p", {}, count(found.length, "identity")), paged(found, 50, (some) => table("Identities, the nearest to administrator first", ["Name", "Kind", "Account", "Standing"], rows(some)))];
  };
  const left = audit.total - audit.identities.length;
  const intro = left > 0 ? `${count(left, "identity")} of which there is nothing to say are counted and not listed.` : "";
  return filtered("Identities", intro, filters, { text: "", account: query.get("account") ?? "", kind: "", only: query.get("only") in ONLY ? query.get("only") : "" }, draw);
}

function standing(audit, place, far) {
  const one = audit.identities[place];
  if (one.administrator) return badge("bad", "administrator");
  if (far[place] === 0) return badge("bad", "named as a target");
  return far[place] === Infinity ? badge("good", "no path") : badge("warn", `${count(far[place], "step")} from an end`);
}

function pathsPage(audit) {
  const filters = (chosen, change) => [typed("Path goes through", chosen.text, change("text")),
    select("Certainty", chosen.sure, [["", "all"], ["certain", "certain in every step"], ["condition", "needs a condition"], ["inventory", "needs inventory"]], change("sure")),
    select("Accounts", chosen.crosses, [["", "all"], ["yes", "leads into another account"], ["no", "stays in one account"]], change("crosses"))];
  const draw = (chosen) => {
    const found = audit.paths.filter((path) => {
      const edges = path.edges.map((place) => audit.edges[place]);
      const names = [audit.identities[path.from].arn, ...edges.map((edge) => audit.identities[edge.to].arn)].join(" ");
      const sure = edges.every((edge) => edge.sure === "certain") ? "certain" : edges.some((edge) => edge.sure === "inventory") ? "inventory" : "condition";
      return matches(names, chosen.text) && (!chosen.sure || chosen.sure === sure) && (!chosen.crosses || (chosen.crosses === "yes") === edges.some((edge) => edge.crosses));
    });
    say(`${count(found.length, "path")} found`);
    return [el("p", {}, count(found.length, "path")), paged(found, 40, (some) => el("ul", { class: "plain" }, some.map((path) => el("li", {}, pathDetails(audit, path.edges)))))];
  };
  return filtered("Paths", "Each path begins with an identity and ends with an administrator or with what you named. Open one to see its steps and the statements that allow them.", filters, { text: "", sure: "", crosses: "" }, draw);
}

function findingsPage(audit) {
  const rules = [...new Set(audit.findings.map((one) => one.rule))].sort();
  const filters = (chosen, change) => [typed("Message has", chosen.text, change("text")),
    select("Level", chosen.level, [["", "all levels"], ["error", "errors"], ["warning", "warnings"], ["note", "notes"]], change("level")),
    select("Rule", chosen.rule, [["", "all rules"], ...rules.map((one) => [one, one])], change("rule"))];
  const draw = (chosen) => {
    const found = audit.findings.filter((one) => (!chosen.level || one.level === chosen.level) && (!chosen.rule || one.rule === chosen.rule) && matches(one.message, chosen.text));
    say(`${count(found.length, "finding")} shown`);
    return [el("p", {}, count(found.length, "finding")), findingList(audit, found)];
  };
  return filtered("Findings", "", filters, { text: "", level: "", rule: "" }, draw);
}

/* The search box: a combobox with a list of what is found (WAI-ARIA Authoring Practices, combobox pattern). */
function setUpSearch(audit) {
  const box = document.getElementById("search");
  const list = document.getElementById("found");
  let found = [];
  let at = -1;
  const show = (open) => {
    list.hidden = !open;
    box.setAttribute("aria-expanded", String(open));
    if (!open) box.removeAttribute("aria-activedescendant");
  };
  const go = (place) => {
    location.hash = `#/identity/${encodeURIComponent(audit.identities[place].arn)}`;
    box.value = "";
    show(false);
  };
  const mark = (to) => {
    at = to;
    [...list.children].forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
    if (at < 0) return;
    box.setAttribute("aria-activedescendant", `found-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  };
  box.addEventListener("input", () => {
    found = audit.search(box.value, 12);
    list.replaceChildren(...found.map((place, number) => el("li", { role: "option", id: `found-${number}`, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); go(place); } },
      audit.identities[place].name, el("span", { class: "quiet" }, ` ${audit.identities[place].kind} · ${audit.accountName(audit.identities[place].account)}`))));
    show(found.length > 0);
    mark(found.length ? 0 : -1);
    say(box.value ? `${count(found.length, "identity")} found` : "");
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") show(false);
    if (list.hidden || !found.length) return;
    if (event.key === "ArrowDown") mark((at + 1) % found.length);
    else if (event.key === "ArrowUp") mark((at + found.length - 1) % found.length);
    else if (event.key === "Enter" && at >= 0) go(found[at]);
    else return;
    event.preventDefault();
  });
  box.addEventListener("blur", () => show(false));
}

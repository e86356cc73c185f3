/* The picture of the ways to the ends: boxes and arrows, laid out by dagre. Reachable and told in full by keyboard. */
const BOX = { width: 200, height: 46 };
const MOST_ARROWS = 60;

class Picture {
  constructor(audit, far, show) {
    this.groups = new Grouping(audit, far);
    this.audit = audit;
    this.far = far;
    this.show = show;
    this.scale = 1;
    this.chosen = null;
    this.frame = el("div", { class: "picture", role: "group", "aria-label": "Picture of the ways, from left to right or top to bottom" });
    this.note = el("p", { class: "quiet" });
    this.tools = el("div", { class: "tools" },
      this.button("Larger", () => this.zoom(1.25)), this.button("Smaller", () => this.zoom(0.8)),
      this.button("Whole picture", () => this.fit()), this.button("Close all groups", () => this.closeAll()));
    this.element = el("div", {}, this.tools, this.frame, this.note);
  }

  button(text, act) {
    return el("button", { type: "button", onclick: act }, text);
  }

  zoom(factor) {
    this.scale = Math.min(3, Math.max(0.2, this.scale * factor));
    this.resize();
  }

  fit() {
    this.scale = Math.min(1, (this.frame.clientWidth - 4) / this.size.width);
    this.resize();
  }

  /* At first the ends are in sight: they are what matters; boxes stay large enough to be read. */
  showEnds() {
    this.drawnOnce = true;
    this.scale = Math.max(0.8, Math.min(1, (this.frame.clientWidth - 4) / this.size.width));
    this.resize();
    const end = this.frame.querySelector(".end")?.getBoundingClientRect();
    const frame = this.frame.getBoundingClientRect();
    if (end) this.frame.scrollBy(end.right + 24 - frame.right, end.bottom + 24 - frame.bottom);
  }

  closeAll() {
    this.groups.roots.forEach((one) => this.groups.close(one));
    this.draw();
    say("All groups are closed");
  }

  resize() {
    const drawn = this.frame.querySelector("svg");
    drawn.setAttribute("width", this.size.width * this.scale);
    drawn.setAttribute("height", this.size.height * this.scale);
  }

  /* Places of boxes and arrows. */
  layout(boxes, arrows) {
    const graph = new dagre.graphlib.Graph({ compound: true });
    const narrow = window.innerWidth < 700;
    graph.setGraph({ rankdir: narrow ? "TB" : "LR", nodesep: 30, ranksep: narrow ? 60 : 70, marginx: 24, marginy: 44 });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const box of boxes) {
      graph.setNode(box.key, { ...BOX });
      for (let at = box; at.parent; at = at.parent) {
        graph.setNode(this.cluster(at.parent), {});
        graph.setParent(at === box ? box.key : this.cluster(at), this.cluster(at.parent));
      }
    }
    for (const arrow of arrows) graph.setEdge(arrow.from.key, arrow.to.key, { weight: 1 });
    dagre.layout(graph);
    return graph;
  }

  cluster(group) {
    return `open ${group.key}`;
  }

  draw(focus = null) {
    const boxes = this.groups.visible();
    const arrows = this.groups.arrows();
    this.arrows = arrows;
    const drawn = this.arrowsToDraw(arrows);
    const graph = this.layout(boxes, drawn);
    this.size = { width: graph.graph().width + 8, height: graph.graph().height + 8 };
    const image = svg("svg", { viewBox: `0 0 ${this.size.width} ${this.size.height}` }, this.arrowHead(),
      this.openGroups(boxes).map((one) => this.clusterBox(one, this.around(one, graph))),
      drawn.map((arrow) => this.arrow(arrow, graph.edge(arrow.from.key, arrow.to.key))),
      boxes.map((one) => this.box(one, graph.node(one.key))));
    this.frame.replaceChildren(image);
    this.note.textContent = drawn.length < arrows.length
      ? `${drawn.length} of ${arrows.length} arrows are drawn, those for most identities first. Choose a box to see all of its own.` : "";
    this.stops();
    if (this.drawnOnce) this.resize();
    else this.showEnds();
    if (focus) this.frame.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
  }

  arrowsToDraw(arrows) {
    if (arrows.length <= MOST_ARROWS) return arrows;
    const own = arrows.filter((one) => one.from === this.chosen || one.to === this.chosen);
    const others = arrows.filter((one) => !own.includes(one)).sort((one, other) => other.edges.length - one.edges.length);
    return [...own, ...others].slice(0, Math.max(MOST_ARROWS, own.length));
  }

  openGroups(boxes) {
    const found = new Set();
    for (const box of boxes) for (let at = box.parent; at; at = at.parent) found.add(at);
    return [...found].sort((one, other) => one.depth - other.depth);
  }

  /* The frame of an open group: around all that is drawn of it, with room for its title. */
  around(group, graph) {
    const inside = this.groups.shownChildren(group).map((one) => {
      if (one.open) return this.around(one, graph);
      const placed = graph.node(one.key);
      return { left: placed.x - BOX.width / 2, top: placed.y - BOX.height / 2, right: placed.x + BOX.width / 2, bottom: placed.y + BOX.height / 2 };
    });
    const edge = (name, pick) => pick(...inside.map((one) => one[name]));
    return { left: edge("left", Math.min) - 8, top: edge("top", Math.min) - 25, right: edge("right", Math.max) + 12, bottom: edge("bottom", Math.max) + 12 };
  }

  arrowHead() {
    return svg("defs", {}, svg("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" },
      svg("path", { d: "M0,0 L8,4 L0,8 z" })));
  }

  arrow(arrow, placed) {
    const [first, ...rest] = placed.points;
    const lit = arrow.from === this.chosen || arrow.to === this.chosen ? " lit" : "";
    const middle = placed.points[Math.floor(placed.points.length / 2)];
    const line = svg("path", { class: `edge ${surest(arrow.edges)}${lit}`, d: `M${first.x},${first.y} ${rest.map((one) => `L${one.x},${one.y}`).join(" ")}`, "marker-end": "url(#head)" });
    const number = arrow.edges.length > 1 && svg("text", { class: "count", x: middle.x, y: middle.y - 3, "text-anchor": "middle" }, arrow.edges.length.toLocaleString("en"));
    return svg("g", { "aria-hidden": "true" }, line, number || null);
  }

  clusterBox(group, placed) {
    const { left, top } = placed;
    const [width, height] = [placed.right - left, placed.bottom - top];
    const label = `${group.label}, ${group.detail}: open. Enter closes it.`;
    const title = svg("g", this.control(group, "title", label, { "aria-expanded": "true" }),
      svg("rect", { x: left + 2, y: top + 2, width: width - 4, height: 20, rx: 4 }),
      svg("text", { class: "sub", x: left + 8, y: top + 16 }, `− ${shortened(`${group.label}, ${group.detail}`, Math.floor(width / 6.8))}`));
    return svg("g", { class: "cluster" }, svg("rect", { x: left, y: top, width, height, rx: 8 }), title);
  }

  box(group, placed) {
    const [left, top] = [placed.x - BOX.width / 2, placed.y - BOX.height / 2];
    const end = this.far[group.members[0]] === 0;
    const many = !group.isOne;
    const rect = (name, by) => svg("rect", { class: name, x: left + by, y: top + by, width: BOX.width, height: BOX.height, rx: 7 });
    const kind = `node${many ? " group" : ""}${end ? " end" : ""}${group === this.chosen ? " chosen" : ""}`;
    return svg("g", this.control(group, kind, this.told(group, end), many && !group.rest ? { "aria-expanded": "false" } : {}),
      svg("title", {}, many ? `${group.label}, ${group.detail}` : group.key), many && rect("behind", 4), rect("front", 0),
      svg("text", { x: left + 12, y: top + 20 }, `${many && !group.rest ? "+ " : ""}${shortened(group.label, 22)}`),
      svg("text", { class: "sub", x: left + 12, y: top + 36 }, shortened(group.detail, 28)));
  }

  /* What a screen reader says of a box: what it stands for, and where its arrows lead. */
  told(group, end) {
    const steps = this.far[group.members[0]];
    const where = end ? "an end of the ways" : `${count(steps, "step")} from an end`;
    const next = this.arrows.filter((one) => one.from === group).map((one) => one.to.label);
    const leads = next.length ? `; leads to ${next.slice(0, 4).join(", ")}${next.length > 4 ? ` and ${next.length - 4} more` : ""}` : "";
    const act = group.isOne || group.rest ? "Enter shows it below." : "Enter opens the group.";
    return `${group.label}, ${group.detail}; ${where}${leads}. ${act}`;
  }

  control(group, kind, label, more) {
    const act = () => this.choose(group);
    return { class: kind, role: "button", tabindex: -1, "aria-label": label, "data-key": group.key, ...more, onclick: act,
      onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); } } };
  }

  choose(group) {
    if (group.isOne || group.rest) {
      this.chosen = group;
      this.draw(group.key);
      this.show(group);
    } else if (group.open) {
      this.groups.close(group);
      this.draw(group.key);
      say(`${group.label} is closed`);
    } else {
      this.groups.open(group);
      this.draw(group.key);
      say(`${group.label} is open: ${this.groups.shownChildren(group).length} boxes`);
    }
  }

  /* One stop of the tab key for the whole picture; the arrow keys go from box to box. */
  stops() {
    const all = [...this.frame.querySelectorAll("[data-key]")];
    if (all.length) all[0].setAttribute("tabindex", 0);
    this.frame.onkeydown = (event) => {
      const at = all.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (at < 0 || to === undefined || !all[to]) return;
      event.preventDefault();
      all.forEach((one) => one.setAttribute("tabindex", one === all[to] ? 0 : -1));
      all[to].focus();
      all[to].scrollIntoView({ block: "nearest", inline: "nearest" });
    };
  }
}

function legend() {
  const line = (kind) => svg("svg", { width: 44, height: 10, "aria-hidden": "true" }, svg("path", { class: kind, d: "M2,5 L42,5" }));
  return el("ul", { class: "legend" },
    el("li", {}, line("certain"), "certain"), el("li", {}, line("condition"), "only if a condition holds"),
    el("li", {}, line("inventory"), "needs an inventory to be sure"),
    el("li", {}, "red frame: an end (an administrator or what you named)"), el("li", {}, "+ a group: open it to see who is in it"));
}

/* Groups of identities for the picture: by steps to the end and kind, then by account, then one by one. */
const SHOWN_AT_FIRST = { wide: 13, narrow: 7 };
const CHILDREN_SHOWN = 14;
const MOST_SHOWN = 45;

class Group {
  constructor(key, label, detail, members, depth, parent = null) {
    Object.assign(this, { key, label, detail, members, depth, parent, children: null, open: false });
  }

  get isOne() {
    return this.members.length === 1;
  }
}

/* The groups of the identities that have a way to an end, and which of them are open. */
class Grouping {
  constructor(audit, far) {
    this.audit = audit;
    this.far = far;
    this.opened = [];
    const members = audit.identities.map((_, place) => place).filter((place) => far[place] !== Infinity);
    this.roots = this.split(members, null, 0);
    this.openSmallOnes();
  }

  /* The parts of a group at a depth: 0 by steps and kind, 1 by account, 2 each by itself. */
  split(members, parent, depth) {
    if (depth === 2) return members.map((place) => this.single(place, parent));
    const parts = new Map();
    for (const place of members) {
      const key = depth === 0 ? `${this.far[place]} ${this.kindOf(place)}` : this.audit.identities[place].account;
      if (!parts.has(key)) parts.set(key, []);
      parts.get(key).push(place);
    }
    if (depth === 1 && parts.size === 1) return this.split(members, parent, 2);
    return [...parts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, inside]) => this.part(key, inside, parent, depth));
  }

  part(key, members, parent, depth) {
    if (members.length === 1) return this.single(members[0], parent);
    const kind = this.kindOf(members[0]);
    const accounts = new Set(members.map((place) => this.audit.identities[place].account));
    const where = accounts.size === 1 ? this.audit.accountName([...accounts][0]) : count(accounts.size, "account");
    const path = parent ? `${parent.key}/${key}` : key;
    return new Group(path, count(members.length, kind), where, members, depth, parent);
  }

  single(place, parent) {
    const one = this.audit.identities[place];
    return new Group(one.arn, one.name, `${one.kind} · ${this.audit.accountName(one.account)}`, [place], 2, parent);
  }

  kindOf(place) {
    const one = this.audit.identities[place];
    return this.far[place] === 0 && one.administrator ? "administrator" : one.kind;
  }

  childrenOf(group) {
    group.children ??= this.split(group.members, group, group.depth + 1);
    return group.children;
  }

  /* Open the smallest groups as long as the picture stays small. */
  openSmallOnes() {
    const most = window.innerWidth < 700 ? SHOWN_AT_FIRST.narrow : SHOWN_AT_FIRST.wide;
    for (;;) {
      const shown = this.visible().length;
      const closed = this.visible().filter((one) => !one.isOne && !one.rest);
      closed.sort((one, other) => this.childrenOf(one).length - this.childrenOf(other).length);
      if (!closed.length || shown - 1 + this.childrenOf(closed[0]).length > most) return;
      this.open(closed[0]);
    }
  }

  open(group) {
    group.open = true;
    this.opened.push(group);
    // Never a hairball: what was opened long ago closes when the picture would become too large.
    while (this.visible().length > MOST_SHOWN) {
      const oldest = this.opened.find((one) => one.open && one !== group && !this.isInside(group, one));
      if (!oldest) break;
      this.close(oldest);
    }
  }

  close(group) {
    group.open = false;
    this.opened = this.opened.filter((one) => one !== group);
    for (const child of group.children ?? []) if (child.open) this.close(child);
  }

  isInside(group, other) {
    for (let at = group; at; at = at.parent) if (at === other) return true;
    return false;
  }

  /* What is drawn as a box of its own; of a large open group some of its parts, and one that stands for the rest. */
  visible() {
    const found = [];
    const add = (group) => (group.open ? this.shownChildren(group).forEach(add) : found.push(group));
    this.roots.forEach(add);
    return found;
  }

  shownChildren(group) {
    const children = this.childrenOf(group);
    if (children.length <= CHILDREN_SHOWN) return children;
    const members = children.slice(CHILDREN_SHOWN - 1).flatMap((one) => one.members);
    group.remainder ??= Object.assign(
      new Group(`${group.key}/rest`, `${members.length.toLocaleString("en")} more`, "listed below", members, 2, group), { rest: true });
    return [...children.slice(0, CHILDREN_SHOWN - 1), group.remainder];
  }

  /* The arrows between what is drawn: every edge on a shortest way to an end, put together by box. */
  arrows() {
    const boxOf = new Map();
    for (const group of this.visible()) for (const place of group.members) boxOf.set(place, group);
    const found = new Map();
    for (const edge of this.audit.edges) {
      const [from, to] = [boxOf.get(edge.from), boxOf.get(edge.to)];
      if (!from || !to || from === to || this.far[edge.to] !== this.far[edge.from] - 1) continue;
      const key = `${from.key}\n${to.key}`;
      if (!found.has(key)) found.set(key, { from, to, edges: [] });
      found.get(key).edges.push(edge);
    }
    return [...found.values()];
  }
}

/* How sure a bundle of edges is: as its surest. */
function surest(edges) {
  const order = ["certain", "condition", "inventory"];
  return order.find((one) => edges.some((edge) => edge.sure === one)) ?? "condition";
}

/* What the audit found, with what is looked up often: edges by their ends, distances, shortest paths. */
class Audit {
  constructor(data) {
    Object.assign(this, data);
    this.byArn = new Map(this.identities.map((one, place) => [one.arn, place]));
    this.out = this.identities.map(() => []);
    this.into = this.identities.map(() => []);
    this.edges.forEach((edge, place) => {
      this.out[edge.from].push(place);
      this.into[edge.to].push(place);
    });
    this.ends = this.identities.map((_, place) => place).filter((place) => this.identities[place].end);
  }

  accountName(id) {
    const known = this.accounts.find((one) => one.id === id);
    return known && known.name ? `${known.name} (${id})` : id || "account not known";
  }

  /* Steps from each identity to the nearest of some ends; Infinity where there is no way. */
  distances(ends, counts = () => true) {
    const far = this.identities.map(() => Infinity);
    const queue = [...ends];
    for (const end of ends) far[end] = 0;
    for (let at = 0; at < queue.length; at += 1) {
      for (const place of this.into[queue[at]]) {
        const edge = this.edges[place];
        if (counts(edge) && far[edge.from] === Infinity) {
          far[edge.from] = far[queue[at]] + 1;
          queue.push(edge.from);
        }
      }
    }
    return far;
  }

  /* Places of the edges of a shortest path from an identity, by distances to the ends. */
  shortest(from, far, counts = () => true) {
    const steps = [];
    for (let at = from; far[at] > 0 && far[at] !== Infinity;) {
      const next = this.out[at].find((place) => counts(this.edges[place]) && far[this.edges[place].to] === far[at] - 1);
      steps.push(next);
      at = this.edges[next].to;
    }
    return steps;
  }

  /* Everybody that an identity can come to be, the nearest first: [place, steps]. */
  reached(from) {
    const far = new Map([[from, 0]]);
    const queue = [from];
    for (let at = 0; at < queue.length; at += 1) {
      for (const place of this.out[queue[at]]) {
        const to = this.edges[place].to;
        if (!far.has(to)) {
          far.set(to, far.get(queue[at]) + 1);
          queue.push(to);
        }
      }
    }
    return [...far].slice(1);
  }

  /* Identities of which every word of a text is part of the ARN or the account's name. */
  search(text, most) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found = [];
    for (let place = 0; place < this.identities.length && found.length < most; place += 1) {
      const one = this.identities[place];
      const where = `${one.arn} ${this.accountName(one.account)}`.toLowerCase();
      if (words.every((word) => where.includes(word))) found.push(place);
    }
    return found;
  }
}

// Pixels that are replaced, and what the model says then.

// The reader's own pixels, and what the model says of the picture without them.
let mask = null;
const makeMask = () => {
  const own = answer(), marks = new Uint8Array(own.input.height * own.input.width);
  const made = { marks, probabilities: null, busy: false, again: false };
  made.ask = async () => {
    if (!marks.some(Boolean)) {
      made.probabilities = null;
      return drawDeletion();
    }
    if (made.busy) {
      made.again = true;
      return;
    }
    made.busy = true;
    try {
      await Store.ask("answer", { picture: state.picture, marks: Maps.base64(marks), replacement: state.replacement }, undefined, (message) => {
        if (message.type === "answer") made.probabilities = Maps.floats(message.probabilities);
      });
      complain(null);
    } catch (error) { complain(error); }
    made.busy = false;
    drawDeletion();
    if (made.again) {
      made.again = false;
      made.ask();
    }
  };
  return made;
};

const drawDeletion = () => {
  const own = answer();
  if (!own) return;
  const painting = state.how === "brush";
  find("brush-box").hidden = !painting;
  find("steps-box").hidden = painting;
  find("order").parentElement.hidden = painting;
  find("curve").style.display = painting ? "none" : "";
  find("deleted").classList.toggle("brush", painting);
  find("deleted").tabIndex = painting ? 0 : -1;
  if (painting) mask ??= makeMask();
  const found = own.deletions.get(key(state.class, state.order.by, state.order.view));
  const { height, width, channels } = own.input, total = height * width;
  const isDeleted = painting ? (i) => mask.marks[i] : found ? (i) => found.steps[i] <= state.step : () => false;
  const picture = new ImageData(new Uint8ClampedArray(own.image.data), width, height);
  own.replacements ??= {};
  const value = (own.replacements[state.replacement] ??= Maps.replacement(state.replacement, own.input));
  let count = 0;
  for (let i = 0; i < total; i++) {
    if (!isDeleted(i)) continue;
    count++;
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = value(i, channels === 3 ? c : 0);
  }
  put(find("deleted"), picture);
  const amount = `${count.toLocaleString("en")} of ${total.toLocaleString("en")} pixels`;
  const fraction = about().fractions[state.step];
  const isDry = found && !painting && found.deleted[state.step] < Math.floor(fraction * total + 0.5);
  const note = painting ? `${amount} painted` : `${amount}${isDry ? ", all that the map has" : ""}`;
  find("deleted-note").textContent = note;
  find("deleted").setAttribute("aria-label", `The picture with ${amount} turned ${state.replacement}`);
  find("step").value = state.step;
  find("step").setAttribute("aria-valuetext", `${Math.round(100 * fraction)}%, ${amount}`);
  find("step-value").textContent = `${Math.round(100 * fraction)}%`;
  drawCompare(own, found, painting);
};
const drawCompare = (own, found, painting) => {
  const name = labels()[state.class], [first] = own.ranking;
  const answers = found?.answers[state.replacement];
  const then = answers?.[state.step];
  const describe = (index, probability, explained, rival) => {
    const parts = [make("b", { textContent: `${labels()[index]} ${percent(probability)}` })];
    if (index !== state.class) parts.push(`${name} ${percent(explained)}`);
    if (rival !== undefined && state.rival !== index) parts.push(make("span", { textContent: ` ${labels()[state.rival]} ${percent(rival)}` }));
    return parts;
  };
  const rivals = (probabilities) => (state.rival === null ? undefined : probabilities[state.rival]);
  const before = describe(first, own.probabilities[first], own.probabilities[state.class], rivals(own.probabilities));
  let after = [about().isServed ? "…" : "not in this file"];
  if (painting) {
    const now = mask.probabilities ?? own.probabilities;
    const best = now.reduce((best, value, i) => (value > now[best] ? i : best), 0);
    after = describe(best, now[best], now[state.class], rivals(now));
  } else if (then) {
    after = describe(then.predicted, then.probability, then.explained, undefined);
  } else if (state.step === 0) {
    after = describe(first, own.probabilities[first], own.probabilities[state.class], rivals(own.probabilities));
  }
  find("compare").replaceChildren(
    make("div", {}, make("dt", { textContent: "As it is" }), make("dd", {}, ...before)),
    make("div", {}, make("dt", { textContent: "Without these pixels" }), make("dd", { id: "after" }, ...after)));
  const curve = find("curve"), element = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  curve.replaceChildren();
  find("curve-note").textContent = "";
  if (!answers || painting) return;
  const x = (i) => (400 * i) / (answers.length - 1), y = (share) => 116 - 110 * share;
  for (const share of [0, 0.5, 1]) curve.append(element("line", { x1: 0, x2: 400, y1: y(share), y2: y(share) }));
  curve.append(
    element("polyline", { class: "explained", points: answers.map((one, i) => `${x(i)},${y(one.explained)}`).join(" ") }),
    element("line", { class: "now", x1: x(state.step), x2: x(state.step), y1: 0, y2: 120 }));
  const text = `Probability of ${name} while pixels are deleted, 0 to 100%: from ${percent(answers[0].explained)} to `
    + `${percent(answers[answers.length - 1].explained)}`;
  curve.setAttribute("aria-label", text);
  find("curve-note").textContent = text + ".";
};

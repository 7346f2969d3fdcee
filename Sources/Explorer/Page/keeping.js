// Files, the command that gives them, and the address that brings back what was chosen.

const quoted = (text) => (/^[\p{L}\p{N}_\-.,:=/+%@]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const exported = () => {
  const panel = state.panels[state.chosen], now = content(panel);
  const by = panel.by ?? about().attributions[0].name;
  const one = attribution(by);
  const index = panel.of === "rival" && state.rival !== null ? state.rival : state.class;
  const views = about().views.filter((view) => !view.hasNegatives && hasView(one, view)).map((view) => view.name);
  return { now, by, index, views: now?.kind === "map" && now.view.hasNegatives ? [...views, now.view.name] : views };
};
const command = () => {
  const { by, index, views } = exported(), name = Store.pictures.get(state.picture).name;
  const words = ["saliency", "explain", name.startsWith("-") ? `./${name}` : name, "--model", Store.model.name];
  const isUnique = labels().indexOf(labels()[index]) === labels().lastIndexOf(labels()[index]);
  if (index !== answer().ranking[0]) words.push("--class", isUnique ? labels()[index] : String(index));
  words.push("--attributions", by, "--views", views.join(","));
  if (state.over && state.style === "signed") words.push("--overlay-only", "--style", "signed");
  else if (state.over) words.push("--style", "overlay");
  else if (state.style === "signed") words.push("--style", "signed");
  if (state.over && state.opacity !== about().opacity) words.push("--opacity", String(state.opacity));
  if (state.clip !== about().clip) words.push("--clip", String(state.clip));
  if (state.sigma !== null) words.push("--smooth", String(state.sigma));
  return [...words, "--save-maps", "--json"].map(quoted).join(" ");
};
const save = (blob, name) => {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
const stem = () => Store.pictures.get(state.picture).name.replace(/\.[^.]*$/, "");
const report = () => {
  const own = answer(), { index, by, views } = exported();
  const one = (index) => ({
    class: labels()[index], index, logit: own.logits[index], probability: own.probabilities[index],
  });
  return {
    image: Store.pictures.get(state.picture).name, model: Store.model.name,
    input: { height: own.input.height, width: own.input.width, channels: own.input.channels },
    transparency: own.message.hadTransparency, predicted: one(own.ranking[0]), explained: one(index),
    runnersUp: own.ranking.slice(1, 5).map(one), attribution: by, views,
  };
};
const files = {
  shown: ["This map as PNG", async () => {
    const now = content(state.panels[state.chosen]), canvas = new OffscreenCanvas(1, 1);
    put(canvas, image(now, Infinity));
    save(await canvas.convertToBlob({ type: "image/png" }), `${stem()}.shown.png`);
  }],
  numpy: ["This map as .npy", () => {
    const { now, by } = exported();
    if (now?.kind !== "map") throw new Error("Choose a map first: the picture has no values to keep.");
    const view = now.isContrast ? `against-${labels()[state.rival].replace(/[^\p{L}\p{N}]+/gu, "-")}` : now.view.name;
    save(Maps.numpy(now.map.values, [now.map.height, now.map.width]), `${stem()}.${by}.${view}.npy`);
  }],
  json: ["Answers as JSON", () => {
    save(new Blob([JSON.stringify(report(), null, 2) + "\n"], { type: "application/json" }), `${stem()}.json`);
  }],
  png: ["Figure as PNG", () => figure("png")],
  pdf: ["Figure as PDF", () => figure("pdf")],
  html: ["Page without a server", () => figure("html")],
  print: ["Print, or PDF", () => window.print()],
};
const figure = async (format) => {
  const { by, index, views } = exported();
  say("Working …");
  const classes = state.rival === null ? [index] : [state.class, state.rival];
  save(await Store.fetch("export", {
    picture: state.picture, class: index, classes, attribution: by, views, style: state.over && state.style === "heat" ? "overlay" : state.style,
    opacity: state.opacity, clip: state.clip, smoothing: state.sigma, format,
  }), `${stem()}.saliency.${format}`);
  say("");
};
const drawFiles = () => {
  const names = about().isServed ? ["shown", "numpy", "json", "png", "pdf", "html"] : ["shown", "numpy", "json", "print"];
  if (find("files").childElementCount !== names.length) {
    find("files").replaceChildren(...names.map((name) => {
      const button = make("button", { type: "button", textContent: files[name][0] });
      button.dataset.file = name;
      button.addEventListener("click", async () => {
        try {
          await files[name][1]();
          complain(null);
        } catch (error) { complain(error); }
      });
      return button;
    }));
  }
  find("command").value = command();
};

const kept = ["class", "rival", "style", "over", "opacity", "clip", "sigma", "threshold", "sign", "grid", "order", "replacement", "how", "step", "panels"];
let writing = 0;
const write = () => {
  clearTimeout(writing);
  writing = setTimeout(() => {
    const parts = new URLSearchParams({ model: Store.model.name });
    for (const name of kept) parts.set(name, JSON.stringify(state[name]));
    history.replaceState(null, "", "#" + parts);
  }, 200);
};
// What an address says is taken where it makes sense.
const read = () => {
  const parts = new URLSearchParams(location.hash.slice(1)), found = {};
  for (const name of kept) {
    try { found[name] = JSON.parse(parts.get(name)); } catch { found[name] = null; }
  }
  return { model: parts.get("model"), ...found };
};
const apply = (found) => {
  const count = labels().length, isClass = (index) => Number.isInteger(index) && index >= 0 && index < count;
  const inside = (value, low, high) => typeof value === "number" && value >= low && value <= high;
  if (isClass(found.class)) state.class = found.class;
  if (isClass(found.rival) && found.rival !== state.class) state.rival = found.rival;
  if (["signed", "heat"].includes(found.style)) state.style = found.style;
  if (["both", "positive", "negative"].includes(found.sign)) state.sign = found.sign;
  if (["map", "brush"].includes(found.how) && about().isServed) state.how = found.how;
  for (const name of ["over", "grid"]) if (typeof found[name] === "boolean") state[name] = found[name];
  for (const [name, low, high] of [["opacity", 0, 1], ["clip", 90, 100], ["sigma", 0, 8], ["threshold", 0, 0.95]]) {
    if (inside(found[name], low, high)) state[name] = found[name];
  }
  if (Number.isInteger(found.step) && inside(found.step, 0, about().fractions.length - 1)) state.step = found.step;
  if (about().replacements.includes(found.replacement)) state.replacement = found.replacement;
  const isBy = (name) => attribution(name) && fits(attribution(name));
  const ranks = view(found.order?.view);
  if (ranks && !ranks.hasNegatives && isBy(found.order.by) && hasView(attribution(found.order.by), ranks)) state.order = found.order;
  if (!Array.isArray(found.panels)) return;
  state.panels.forEach((panel, index) => {
    const { show, of, by } = found.panels[index] ?? {};
    if (["picture", "strongest", "weakest"].includes(show) || view(show)) panel.show = show;
    if (["class", "rival", "contrast"].includes(of)) panel.of = of;
    if (isBy(by)) panel.by = by;
  });
};

// All of it, and what the reader does.

const drawMaps = () => {
  panels.forEach(drawPanel);
  drawSettings();
  drawReadout();
  drawGridLater();
  drawFiles();
  write();
};
const usual = () => {
  const first = about().attributions.find(fits) ?? about().attributions[0];
  const signed = about().signedView, ranked = about().views.filter((view) => !view.hasNegatives && hasView(first, view));
  for (const panel of state.panels) {
    if (!attribution(panel.by) || !fits(attribution(panel.by))) panel.by = first.name;
    panel.show ??= first.sign ? signed : ranked[0].name;
  }
  if (!state.order || !fits(attribution(state.order.by))) {
    state.order = { view: (ranked.find((view) => view.direction === "brighter") ?? ranked[0]).name, by: first.name };
  }
  state.replacement ??= about().replacements[0];
};
let last = "";
const draw = () => {
  drawStrip();
  const own = answer();
  find("centre").hidden = find("answer").hidden = !own?.message;
  if (!own?.message) return;
  usual();
  const grid = key(Store.model.name, state.grid, state.picture);
  const isNew = grid !== last;
  if (isNew) buildGrid();
  last = grid;
  drawBars();
  drawChoices();
  drawMaps();
  if (isNew) drawGrid();
  drawDeletion();
  pursue();
};
const drawStrip = () => {
  if (!about().isServed) return;
  const strip = [...Store.pictures.values()].reverse().filter((one) => one.models.size);
  if (!isNews(find("strip"), strip.map((one) => [one.id, one.models.size]), state.picture)) return;
  find("strip").replaceChildren(...strip.map((one) => {
    const [known] = one.models.values(), canvas = make("canvas");
    if (known.image) put(canvas, known.image);
    const button = make("button", { type: "button", title: one.name }, canvas);
    button.setAttribute("aria-label", one.name);
    button.setAttribute("aria-pressed", one.id === state.picture);
    button.addEventListener("click", () => look(one.id));
    return make("li", {}, button);
  }));
};

let opening = null;
const send = async (path, body, then = () => {}) => {
  opening?.abort();
  const own = new AbortController();
  opening = own;
  running?.controller.abort();
  complain(null);
  say("Working …");
  let seen = null;
  try {
    await Store.ask(path, body, own.signal, (message) => {
      if (message.type === "progress") say(`${message.text} ${Math.floor(100 * message.share)}%`);
      if (message.type === "picture") seen = message.id;
      // The first maps are drawn as soon as they are there.
      if (message.type === "maps" && seen === message.picture && state.picture !== seen) {
        open(seen);
        performance.mark("first-map");
      }
    });
    then();
    if (seen && state.picture !== seen) open(seen);
  } catch (error) { complain(error); }
  if (opening !== own) return;
  opening = null;
  say("");
  draw();
};
const add = (file) => {
  performance.mark("dropped");
  return send(`pictures?name=${encodeURIComponent(file.name || "pasted.png")}`, file);
};
const look = (id) => {
  if (Store.told(id, Store.model.name)?.message) open(id);
  else send("look", { picture: id });
};
const change = (name) => send("model", { name }, () => {
  find("model").value = Store.model.name;
  failed.clear();
  listClasses();
  if (state.picture) {
    const id = state.picture;
    state.picture = null;
    look(id);
  }
});
const listClasses = () => {
  find("find-box").hidden = !about().isServed || labels().length <= 5;
  find("classes").replaceChildren(...labels().map((name) => make("option", { value: name })));
  find("model-name").textContent = about().isServed ? "" : `asked of ${Store.model.name}`;
  if (Store.model.warnings.length) say(Store.model.warnings.join(" "));
};

const move = (to) => {
  state.cursor = { x: Math.min(Math.max(to.x, 0), 0.999999), y: Math.min(Math.max(to.y, 0), 0.999999) };
  panels.forEach(place);
  drawReadout();
};
const zoom = (factor) => {
  state.zoom = Math.min(Math.max(state.zoom * factor, 1), 16);
  centre(state.cursor && factor > 1 ? state.cursor : state.at);
  panels.forEach(drawPanel);
};
// No empty margin comes into view.
const centre = (at) => {
  const margin = 0.5 / state.zoom;
  state.at = { x: Math.min(Math.max(at.x, margin), 1 - margin), y: Math.min(Math.max(at.y, margin), 1 - margin) };
};

const wire = () => {
  for (const panel of panels) {
    const own = state.panels[panel.index];
    const listen = (element, name) => element.addEventListener("change", () => {
      own[name] = element.value || null;
      state.chosen = panel.index;
      draw();
    });
    listen(panel.show, "show");
    listen(panel.of, "of");
    listen(panel.by, "by");
    listen(panel.model, "model");
    const spot = (event) => {
      const box = panel.view.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      return state.zoom === 1 ? { x, y } : { x: state.at.x + (x - 0.5) / state.zoom, y: state.at.y + (y - 0.5) / state.zoom };
    };
    let drag = null;
    panel.view.addEventListener("pointerdown", (event) => {
      if (state.zoom > 1) {
        drag = spot(event);
        panel.view.setPointerCapture(event.pointerId);
      }
      if (state.chosen !== panel.index) {
        state.chosen = panel.index;
        drawMaps();
      }
      move(spot(event));
    });
    panel.view.addEventListener("pointermove", (event) => {
      const now = spot(event);
      if (drag && event.buttons) {
        centre({ x: state.at.x + drag.x - now.x, y: state.at.y + drag.y - now.y });
        panels.forEach(place);
      } else {
        move(now);
      }
    });
    panel.view.addEventListener("pointerup", () => { drag = null; });
    panel.view.addEventListener("keydown", (event) => {
      const size = answer()?.input;
      if (!size) return;
      const by = (x, y) => move({ x: (state.cursor?.x ?? 0.5) + x / size.width, y: (state.cursor?.y ?? 0.5) + y / size.height });
      const steps = event.shiftKey ? 10 : 1;
      const act = {
        ArrowLeft: () => by(-steps, 0), ArrowRight: () => by(steps, 0), ArrowUp: () => by(0, -steps), ArrowDown: () => by(0, steps),
        "+": () => zoom(2), "=": () => zoom(2), "-": () => zoom(0.5), 0: () => zoom(1 / 16),
      }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
  }
  find("larger").addEventListener("click", () => zoom(2));
  find("smaller").addEventListener("click", () => zoom(0.5));
  find("whole").addEventListener("click", () => zoom(1 / 16));
  const slide = (id, take, then) => find(id).addEventListener("input", () => {
    take(Number(find(id).value));
    then();
  });
  slide("opacity", (value) => { state.opacity = value; }, drawMaps);
  slide("clip", (value) => { state.clip = value; }, drawMaps);
  slide("sigma", (value) => { state.sigma = value; }, drawMaps);
  slide("threshold", (value) => { state.threshold = value; }, drawMaps);
  slide("brush", (value) => { state.brush = value; }, drawSettings);
  slide("step", (value) => { state.step = value; }, () => { drawDeletion(); write(); });
  find("over").addEventListener("change", () => {
    state.over = find("over").checked;
    draw();
  });
  find("order").addEventListener("change", () => {
    const [view, by] = find("order").value.split("|");
    state.order = { view, by };
    draw();
  });
  find("more").addEventListener("click", () => {
    state.grid = true;
    draw();
  });
  find("copy").addEventListener("click", async () => {
    find("command").select();
    try {
      await navigator.clipboard.writeText(find("command").value);
      say("Copied.");
    } catch { document.execCommand("copy"); }
  });
  find("find").addEventListener("change", () => {
    const index = labels().indexOf(find("find").value);
    if (index >= 0) {
      find("find").value = "";
      pick(index);
    }
  });
  find("clear").addEventListener("click", () => {
    mask = makeMask();
    drawDeletion();
  });
  wireBrush();
  addEventListener("resize", () => { if (answer()?.message) panels.forEach(drawPanel); });
};
const wireBrush = () => {
  const canvas = find("deleted");
  let at = { x: 0.5, y: 0.5 };
  const paint = () => {
    const { height, width } = answer().input, radius = (state.brush * width) / 224;
    const [x, y] = [at.x * width, at.y * height];
    for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(height - 1, y + radius); row++) {
      for (let column = Math.max(0, Math.floor(x - radius)); column <= Math.min(width - 1, x + radius); column++) {
        const own = row === Math.floor(y) && column === Math.floor(x);
        if (own || Math.hypot(column + 0.5 - x, row + 0.5 - y) <= radius) mask.marks[row * width + column] = 1;
      }
    }
    drawDeletion();
    mask.ask();
  };
  const take = (event) => {
    const box = canvas.getBoundingClientRect();
    at = { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (state.how !== "brush") return;
    canvas.setPointerCapture(event.pointerId);
    take(event);
    paint();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (state.how !== "brush" || !event.buttons) return;
    take(event);
    paint();
  });
  canvas.addEventListener("keydown", (event) => {
    if (state.how !== "brush") return;
    const step = 0.03, by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (by) at = { x: Math.min(Math.max(at.x + by[0], 0), 0.999), y: Math.min(Math.max(at.y + by[1], 0), 0.999) };
    else if (event.key === " ") paint();
    else return;
    event.preventDefault();
    find("deleted-note").textContent = `brush at ${percent(at.x)} from the left, ${percent(at.y)} from the top`;
  });
};
const wirePictures = () => {
  find("pictures").hidden = false;
  find("model-box").hidden = about().models.length < 2;
  select(find("model"), about().models.map((model) => [model.name, model.title]), Store.model.name);
  find("model").addEventListener("change", () => change(find("model").value));
  find("file").addEventListener("change", () => {
    const [file] = find("file").files;
    if (file) add(file).then(() => { find("file").value = ""; });
  });
  if (about().examples.length) find("examples").append("or try");
  for (const name of about().examples) {
    const button = make("button", { type: "button", textContent: name });
    button.addEventListener("click", () => {
      performance.mark("dropped");
      send("example", { name });
    });
    find("examples").append(button);
  }
  const over = (isOver) => find("drop").classList.toggle("over", isOver);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  addEventListener("dragleave", () => over(false));
  addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    const file = [...event.dataTransfer.files][0];
    if (file) add(file);
  });
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (file) add(file);
  });
};

(async () => {
  await Store.begin();
  const found = read();
  find("foot").textContent = `saliency ${about().version}. ` + (about().isServed
    ? "Pictures stay in this program’s memory; nothing is sent anywhere else." : "This page holds all that it shows and asks nobody.");
  state.opacity = about().opacity;
  state.clip = about().clip;
  wire();
  listClasses();
  usual();
  if (about().isServed) {
    wirePictures();
    apply(found);
    remembered = found;
    draw();
    if (found.model !== Store.model.name && about().models.some((model) => model.name === found.model)) await change(found.model);
  } else {
    document.querySelector("h1").textContent = [...Store.pictures.values()][0].name;
    remembered = found;
    open([...Store.pictures.keys()][0]);
  }
  window.saliency = { state, Store, draw };
})();

// What is drawn: panels, values, predictions, all maps.

// A panel's content: a picture, a map, the rivals of every pixel; null while it is not there.
const content = (panel) => {
  const own = panel.model ? Store.told(state.picture, panel.model) : answer();
  if (!own?.message) return null;
  if (panel.show === "picture") {
    return { kind: "picture", own, name: state.over ? "The photograph" : "The picture as the model sees it" };
  }
  const one = attribution(panel.by);
  const index = panel.of === "rival" && state.rival !== null ? state.rival : state.class;
  const of = labels()[index];
  if (panel.of === "contrast" && state.rival !== null) {
    const map = own.contrasts.get(key(state.class, state.rival, panel.by));
    return map && {
      kind: "map", own, map, view: view(about().signedView), one, isContrast: true,
      name: `${labels()[state.class]} against ${labels()[state.rival]}, ${panel.by}`,
    };
  }
  const found = own.maps.get(key(index, panel.by));
  if (!found) return null;
  if (panel.show === "strongest" || panel.show === "weakest") {
    return found[panel.show] && { kind: "rivals", own, side: found[panel.show], name: `${title(panel.show)} rivals of ${of}, ${panel.by}` };
  }
  const asked = view(panel.show), map = found.views[panel.show];
  return map && { kind: "map", own, map, view: asked, one, name: `${title(panel.show)} map of ${of}, ${panel.by}` };
};
const shown = (content) => {
  // A map that does not read the sign has no two colours.
  const signed = content.view.hasNegatives || (state.style === "signed" && content.view.needsSign);
  const settings = {
    signed, negated: signed && !content.view.hasNegatives && content.view.direction === "darker", clip: state.clip, sigma: sigma(),
    threshold: state.threshold, sign: state.sign,
  };
  const name = JSON.stringify(settings);
  content.map.cache ??= new Map();
  if (!content.map.cache.has(name)) {
    if (content.map.cache.size > 6) content.map.cache.clear();
    content.map.cache.set(name, Maps.shown(content.map, settings));
  }
  return content.map.cache.get(name);
};
// The picture of a content, with a longer side of at most `side` where it lies over the photograph.
const image = (content, side, over = state.over) => {
  if (content.kind === "rivals") return Maps.disputed(content.side, about().colours, state.clip).image;
  if (content.kind === "picture") return over ? Store.photograph(content.own, side).image : content.own.image;
  if (!over) return Maps.drawn(shown(content), about().colours);
  const { image, window } = Store.photograph(content.own, side);
  return Maps.overlay(shown(content), image, window, { opacity: state.opacity, smooth: sigma() > 0, colours: about().colours });
};
const put = (canvas, image) => {
  if (canvas.width !== image.width) canvas.width = image.width;
  if (canvas.height !== image.height) canvas.height = image.height;
  canvas.getContext("2d").putImageData(image, 0, 0);
};

const panels = [...document.querySelectorAll(".panel")].map((figure, index) => ({
  index, figure, show: figure.querySelector(".show"), of: figure.querySelector(".of"), by: figure.querySelector(".by"),
  which: figure.querySelector(".which"), model: figure.querySelector(".model"), view: figure.querySelector(".view"),
  canvas: figure.querySelector("canvas"), cross: figure.querySelector(".cross"), caption: figure.querySelector("figcaption"),
}));

const drawPanel = (panel) => {
  const chosen = state.panels[panel.index], now = content(chosen);
  panel.caption.textContent = now ? now.name : chosen.by && !attribution(chosen.by)?.sign && view(chosen.show)?.needsSign
    ? `${chosen.by} has no sign, so it has no ${chosen.show} map` : about().isServed ? "being computed …" : "not in this file";
  panel.canvas.style.visibility = now ? "visible" : "hidden";
  if (!now) return;
  const side = Math.min(1200, Math.max(200, panel.view.clientWidth * Math.min(2, devicePixelRatio) * Math.min(state.zoom, 2)));
  const picture = image(now, side);
  put(panel.canvas, picture);
  panel.canvas.classList.toggle("pixels", !(state.over && now.kind !== "rivals") && (picture.width < 64 || state.zoom > 2));
  panel.view.style.aspectRatio = `${picture.width} / ${picture.height}`;
  panel.view.classList.toggle("zoomed", state.zoom > 1);
  panel.view.setAttribute("aria-label", `${now.name}. Arrow keys move the cursor, plus and minus zoom.`);
  panel.canvas.setAttribute("aria-label", now.name);
  place(panel);
};
const place = (panel) => {
  const { zoom, at, cursor } = state, shift = (part) => 100 * (0.5 - zoom * part);
  panel.canvas.style.transform = zoom === 1 ? "" : `translate(${shift(at.x)}%, ${shift(at.y)}%) scale(${zoom})`;
  panel.cross.style.display = cursor ? "block" : "none";
  if (!cursor) return;
  const spot = (part, middle) => (zoom === 1 ? 100 * part : 100 * (0.5 + zoom * (part - middle)));
  panel.cross.style.left = spot(cursor.x, at.x) + "%";
  panel.cross.style.top = spot(cursor.y, at.y) + "%";
};

// The map's pixel under the cursor; null where the model did not look.
const pixel = (own) => {
  const { height, width } = own.input;
  let { x, y } = state.cursor;
  if (state.over && Store.pictures.get(state.picture).photograph) {
    const whole = own.message, part = whole.window;
    x = (x * whole.photographWidth - part.x) / part.width;
    y = (y * whole.photographHeight - part.y) / part.height;
  }
  if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) return null;
  return { x: Math.floor(x * width), y: Math.floor(y * height), place: Math.floor(y * height) * width + Math.floor(x * width) };
};
const drawReadout = () => {
  const own = answer(), lines = [];
  if (!state.cursor || !own) {
    find("readout").textContent = "Move over a map for the values of its pixels and for the class that disputes each.";
    return;
  }
  const spot = pixel(own);
  if (!spot) {
    find("readout").textContent = "The model did not see this part of the photograph.";
    return;
  }
  const rgb = [0, 1, 2].slice(0, own.input.channels).map((c) => own.input.values[spot.place * own.input.channels + c]);
  lines.push(`Pixel ${spot.x}, ${spot.y} (${rgb.join(", ")})`);
  for (const panel of state.panels) {
    const now = content(panel);
    if (now?.kind === "map" && now.own === own) lines.push(`${now.name}: ${number(now.map.values[spot.place])}`);
  }
  const by = state.panels[state.chosen].by ?? about().attributions[0].name;
  const sides = own.maps.get(key(state.class, by));
  if (sides?.strongest) {
    const name = labels()[state.class], strongest = sides.strongest.margins[spot.place], weakest = sides.weakest.margins[spot.place];
    const up = labels()[sides.strongest.rivals[spot.place]], down = labels()[sides.weakest.rivals[spot.place]];
    lines.push(strongest > 0 ? `brighter speaks for ${name} before all others; ${up} follows by ${number(strongest)}`
      : weakest > 0 ? `darker speaks for ${name} before all others; ${down} follows by ${number(weakest)}`
        : `${up} disputes it: brighter speaks for ${up} more than for ${name}, by ${number(-strongest)}`);
  }
  find("readout").textContent = lines.join(" · ");
};

const drawChoices = () => {
  const own = answer(), rival = state.rival;
  const shows = [["picture", "picture"], ...about().views.map((view) => [view.name, view.name])];
  if (about().views.some((view) => view.comparesClasses)) shows.push(["strongest", "strongest rivals"], ["weakest", "weakest rivals"]);
  const ofs = [["class", labels()[state.class]]];
  if (rival !== null) ofs.push(["rival", labels()[rival]], ["contrast", `${labels()[state.class]} against ${labels()[rival]}`]);
  const models = [...Store.pictures.get(state.picture).models.keys()].filter((name) => name !== Store.model.name
    && JSON.stringify(Store.models.get(name)?.labels) === JSON.stringify(labels()));
  for (const panel of panels) {
    const chosen = state.panels[panel.index];
    if (chosen.model && !models.includes(chosen.model)) chosen.model = null;
    select(panel.show, shows, chosen.show);
    select(panel.of, ofs, rival === null ? "class" : chosen.of);
    select(panel.by, about().attributions.filter(fits).map((one) => [one.name, one.name]), chosen.by);
    select(panel.model, [["", Store.model.name], ...models.map((name) => [name, name])], chosen.model ?? "");
    panel.which.hidden = models.length === 0;
    for (const part of [panel.of, panel.by]) part.parentElement.hidden = chosen.show === "picture";
  }
  const orders = about().attributions.filter(fits).flatMap((one) => about().views
    .filter((view) => !view.hasNegatives && hasView(one, view)).map((view) => [`${view.name}|${one.name}`, `${view.name}, ${one.name}`]));
  const there = orders.filter(([value]) => about().isServed
    || own.deletions.has(key(state.class, ...value.split("|").reverse())));
  select(find("order"), there, `${state.order.view}|${state.order.by}`);
  choice(find("style"), [["signed", "red and blue"], ["heat", "heat"]], state.style, (value) => { state.style = value; draw(); });
  choice(find("sign"), [["both", "both"], ["positive", "red alone"], ["negative", "blue alone"]], state.sign, (value) => { state.sign = value; drawMaps(); });
  const replacements = about().replacements.filter((name) => about().isServed
    || [...own.deletions.values()].some((one) => one.answers[name]));
  choice(find("replacement"), replacements.map((name) => [name, name === "blur" ? "blurred" : name]), state.replacement, (value) => {
    state.replacement = value;
    mask?.ask();
    draw();
  });
  choice(find("how"), [["map", "a map’s first"], ["brush", "those I paint"]], state.how, (value) => { state.how = value; draw(); });
  find("how-box").hidden = !about().isServed;
};
const drawSettings = () => {
  for (const [id, value, text] of [["opacity", state.opacity, percent(state.opacity)], ["clip", state.clip, String(state.clip)],
    ["sigma", sigma(), `${sigma()} pixels`], ["threshold", state.threshold, `${Math.round(100 * state.threshold)}% of the scale`],
    ["brush", state.brush, `${state.brush} pixels`]]) {
    find(id).value = value;
    find(id + "-value").textContent = text;
  }
  find("over").checked = state.over;
  find("opacity").parentElement.hidden = !state.over;
  const now = content(state.panels[state.chosen]);
  const signed = now?.kind === "map" && shown(now).signed;
  find("sign-box").hidden = !signed;
  find("bar").hidden = now?.kind !== "map";
  find("legend").replaceChildren();
  if (now?.kind === "map") {
    const stops = signed ? about().colours.diverging : about().colours.heat;
    const line = new ImageData(256, 1);
    Maps.table(stops).filter((_, i) => i % 16 === 0).slice(0, 256).forEach((rgb, i) => line.data.set([...rgb, 255], 4 * i));
    find("bar").firstElementChild.getContext("2d").putImageData(line, 0, 0);
    const range = shown(now).range, words = now.one.sign === "evidence" ? ["against", "for"] : ["darker", "brighter"];
    const ends = signed ? [`${words[0]} ${number(-range.high)}`, "0", `${words[1]} ${number(range.high)}`] : [number(range.low), "", number(range.high)];
    [...find("bar").lastElementChild.children].forEach((span, i) => { span.textContent = ends[i]; });
  } else if (now?.kind === "rivals") {
    const { legend, others } = Maps.disputed(now.side, about().colours, state.clip);
    const entry = (rgb, text) => {
      const box = make("i");
      box.style.background = `rgb(${rgb.join(",")})`;
      return make("span", {}, box, text);
    };
    find("legend").append(...legend.map((one) => entry(one.rgb, labels()[one.index])));
    if (others) find("legend").append(make("span", { textContent: `grey: ${others} more` }));
  }
  find("meaning").textContent = meaning(now);
};
const meaning = (now) => {
  if (!now || now.kind === "picture") return "The picture as the model sees it: at its own size, and no more than it sees.";
  const name = labels()[state.class];
  if (now.kind === "rivals") {
    return "The colour of a pixel is the class that disputes it, the one whose score rises (strongest) or falls (weakest) most when the "
      + "pixel gets brighter; the deeper the colour, the larger the margin.";
  }
  let text = now.isContrast
    ? `Red: getting brighter speaks for ${name} against ${labels()[state.rival]}. Blue: getting darker does.`
    : `A high value: the pixel ${now.view.meaning}.`;
  if (now.one.sign === "evidence") {
    text = `The sign of ${now.one.name} is evidence, not a wish: red pixels, as they are, speak for ${now.isContrast ? `${name} against ${labels()[state.rival]}` : "the class"}, blue ones against it.`;
  } else if (!now.one.sign) {
    text += ` The values of ${now.one.name} have no sign.`;
  }
  return text + " It tells what the model responds to near this very picture, not what is in it.";
};

const drawBars = () => {
  const own = answer(), top = own.ranking.slice(0, 5);
  const explained = new Set([...own.maps.keys()].map((name) => Number(name.split("|")[0])));
  for (const index of [...(about().isServed ? [] : explained), state.class, state.rival]) if (index !== null && !top.includes(index)) top.push(index);
  find("pick").textContent = !about().isServed ? "Click a class whose maps are in this file."
    : state.picking === "rival" ? `Click another class: it becomes the rival of ${labels()[state.class]}.` : "Click a class to explain it.";
  if (!isNews(find("bars"), state.picture, Store.model.name, top, state.class, state.rival, !about().isServed && [...explained])) return;
  const active = document.activeElement?.dataset?.index;
  find("bars").replaceChildren(...top.map((index) => {
    const role = index === state.class ? "explained" : index === state.rival ? "rival" : "";
    const fill = make("span", { className: "fill" });
    fill.style.width = percent(own.probabilities[index]);
    const name = make("span", {}, labels()[index]);
    if (role) name.append(make("em", { textContent: role }));
    const button = make("button", { type: "button", className: role, disabled: !about().isServed && !explained.has(index) },
      fill, name, make("span", { textContent: percent(own.probabilities[index]) }));
    button.dataset.index = index;
    button.setAttribute("aria-pressed", role !== "");
    button.addEventListener("click", () => pick(index));
    return make("li", {}, button);
  }));
  if (active !== undefined) find("bars").querySelector(`[data-index="${active}"]`)?.focus();
  const { height, width, hadTransparency, photographHeight, photographWidth } = own.message;
  find("picture-note").textContent = `${Store.pictures.get(state.picture).name}, ${photographWidth}×${photographHeight}; the model sees `
    + `${width}×${height}.` + (hadTransparency ? " Transparent parts were laid over white." : "");
};

const cells = new Map();
const buildGrid = () => {
  const table = find("grid"), views = about().views;
  cells.clear();
  const head = make("tr", {}, make("th", { textContent: "attribution" }), ...views.map((view) => make("th", { scope: "col", textContent: view.name })));
  const rows = about().attributions.filter((one) => state.grid || !about().isServed || one.name === about().attributions[0].name).map((one) => {
    const row = make("tr", {}, make("th", { scope: "row", textContent: one.name }));
    if (!fits(one)) {
      const reason = Store.model.unfit.find((unfit) => unfit.name === one.name).reason;
      row.append(make("td", { colSpan: views.length, className: "none", textContent: `not with this model: ${reason}` }));
      return row;
    }
    for (const view of views) {
      const cell = make("td");
      if (!hasView(one, view)) {
        Object.assign(cell, { className: "none", textContent: "no sign" });
      } else {
        const canvas = make("canvas", { width: 1, height: 1 });
        const button = make("button", { type: "button", title: `${view.name}, ${one.name}` }, canvas);
        button.setAttribute("aria-label", `Show the ${view.name} map of ${one.name} large`);
        button.addEventListener("click", () => {
          Object.assign(state.panels[state.chosen], { show: view.name, by: one.name, of: "class", model: null });
          if (!view.hasNegatives && about().isServed) state.order = { view: view.name, by: one.name };
          draw();
          find("stage").scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
        });
        cell.append(button);
        cells.set(key(view.name, one.name), { canvas, button, view, one });
      }
      row.append(cell);
    }
    return row;
  });
  table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  find("more").hidden = !about().isServed || state.grid || about().attributions.length < 2;
  find("grid-note").textContent = `Every attribution through every view; those that compare, with ${Store.model.rivals}. A click shows one large.`;
};
const drawGrid = () => {
  const own = answer(), chosen = state.panels[state.chosen];
  if (!own) return;
  for (const { canvas, button, view, one } of cells.values()) {
    const map = own.maps.get(key(state.class, one.name))?.views[view.name];
    button.disabled = !map;
    button.setAttribute("aria-pressed", chosen.show === view.name && chosen.by === one.name);
    put(canvas, map ? image({ kind: "map", own, map, view, one }, 0, false) : new ImageData(own.input.width, own.input.height));
  }
};
let later = 0;
const drawGridLater = () => {
  clearTimeout(later);
  later = setTimeout(drawGrid, 120);
};

// The page: what is chosen, what is drawn of it, and what is asked for next.
(() => {
  const find = (id) => document.getElementById(id);
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const percent = (share) => (100 * share).toFixed(1) + "%";
  const number = (value) => (value === 0 ? "0" : Math.abs(value) >= 0.001 && Math.abs(value) < 10000
    ? String(Number(value.toPrecision(4))) : value.toExponential(2)).replace("-", "−");
  const title = (name) => name[0].toUpperCase() + name.slice(1).replaceAll("-", " ");
  const key = Store.key;

  const state = {
    picture: null, class: null, rival: null, picking: "class", style: "signed", over: false, opacity: 0.7, clip: 99.5,
    sigma: null, threshold: 0, sign: "both", grid: false, panels: [{ show: "picture", of: "class", by: null, model: null },
      { show: null, of: "class", by: null, model: null }], chosen: 1, order: null, replacement: null, how: "map", step: 0,
    zoom: 1, at: { x: 0.5, y: 0.5 }, cursor: null, brush: 6,
  };
  const about = () => Store.about;
  const labels = () => Store.model.labels;
  const view = (name) => about().views.find((view) => view.name === name);
  const attribution = (name) => about().attributions.find((one) => one.name === name);
  const fits = (one) => !Store.model.unfit.some((unfit) => unfit.name === one.name);
  const hasView = (one, view) => one.sign || !view.needsSign;
  const answer = () => state.picture && Store.told(state.picture, Store.model.name);
  const sigma = () => state.sigma ?? Store.model.smoothing;

  const say = (text) => { find("status").textContent = text; };
  const complain = (error) => {
    if (error?.name === "AbortError") return;
    find("trouble").hidden = !error;
    find("trouble").textContent = error ? (error instanceof TypeError
      ? "The program does not answer. Is saliency explore still running?" : error.message) : "";
  };

  // ---- What is asked for -------------------------------------------------------------------------------------------------------

  const failed = new Set();
  let running = null;
  // What the page shows and does not have yet, the most urgent first.
  const wanted = () => {
    const own = answer(), list = [];
    if (!own || !about().isServed) return list;
    const add = (path, body, name = key(path, JSON.stringify(body))) => {
      body.picture = state.picture;
      const full = key(name, state.picture, Store.model.name);
      if (!failed.has(full)) list.push({ path, body, name: full });
    };
    const maps = (index, name, all) => {
      const one = attribution(name);
      if (!one || !fits(one)) return;
      const views = about().views.filter((view) => hasView(one, view) && (all || !view.comparesClasses));
      const known = own.maps.get(key(index, name))?.views ?? {};
      const missing = views.filter((view) => !known[view.name]).map((view) => view.name);
      if (missing.length) add("maps", { class: index, attribution: name, views: missing });
    };
    const shown = state.panels.filter((panel) => panel.show !== "picture" && !panel.model);
    for (const panel of shown) {
      const compares = view(panel.show)?.comparesClasses || ["strongest", "weakest"].includes(panel.show);
      if (panel.of === "contrast" && state.rival !== null) {
        if (!own.contrasts.has(key(state.class, state.rival, panel.by)) && attribution(panel.by).sign) {
          add("contrast", { class: state.class, rival: state.rival, attribution: panel.by });
        }
      } else {
        maps(panel.of === "rival" && state.rival !== null ? state.rival : state.class, panel.by, compares);
      }
    }
    if (state.over && !Store.pictures.get(state.picture).photograph) add("photograph", {});
    const [by, order] = [state.order.by, state.order.view];
    maps(state.class, by, view(order).comparesClasses);
    const deletion = own.deletions.get(key(state.class, by, order));
    if (state.how === "map" && !deletion?.answers[state.replacement] && own.maps.get(key(state.class, by))?.views[order]) {
      add("deletion", { class: state.class, attribution: by, view: order, replacement: state.replacement });
    }
    maps(state.class, about().attributions[0].name, true);
    if (state.grid) for (const one of about().attributions) maps(state.class, one.name, true);
    return list;
  };

  const pursue = () => {
    const next = wanted()[0];
    if (running) {
      // What nobody waits for any more is given up.
      if (!wanted().some((one) => one.name === running.name)) running.controller.abort();
      return;
    }
    if (!next) return say("");
    const controller = new AbortController();
    running = { name: next.name, controller };
    say("Working …");
    Store.ask(next.path, next.body, controller.signal, (message) => {
      if (message.type === "progress") say(`${message.text} ${Math.floor(100 * message.share)}%`);
    }).then(() => {
      // An answer without what was asked for would be asked for again for ever.
      if (wanted().some((one) => one.name === next.name)) failed.add(next.name);
      complain(null);
    }, (error) => {
      if (error.name !== "AbortError") failed.add(next.name);
      complain(error);
    }).finally(() => {
      running = null;
      draw();
    });
  };

  // ---- Choices -----------------------------------------------------------------------------------------------------------------

  const choice = (box, options, chosen, change) => {
    box.replaceChildren(...options.map(([value, text]) => {
      const input = make("input", { type: "radio", name: box.id, value, checked: value === chosen });
      input.addEventListener("change", () => change(value));
      return make("label", {}, input, text);
    }));
  };
  const select = (element, options, chosen) => {
    element.replaceChildren(...options.map(([value, text]) => make("option", { value, textContent: text, selected: value === chosen })));
  };

  const pick = (index) => {
    if (state.picking === "rival" && index !== state.class) {
      state.rival = index;
      state.picking = "class";
    } else {
      state.class = index;
      state.rival = null;
      state.picking = "rival";
      for (const panel of state.panels) panel.of = "class";
    }
    state.step = 0;
    draw();
  };

  const open = (id) => {
    state.picture = id;
    const own = answer();
    if (!own) return;
    const [first] = own.ranking;
    const explained = [...own.maps.keys()].map((name) => Number(name.split("|")[0]));
    state.class = about().isServed ? first : explained[0] ?? first;
    state.rival = null;
    state.picking = "class";
    state.step = 0;
    Object.assign(state, { zoom: 1, at: { x: 0.5, y: 0.5 }, cursor: null });
    mask = null;
    for (const panel of state.panels) Object.assign(panel, { of: "class", model: null });
    draw();
  };

  // ---- What is shown -----------------------------------------------------------------------------------------------------------

  // A panel's content: a picture, a map, the rivals of every pixel; null while it is not there.
  const content = (panel) => {
    const own = panel.model ? Store.told(state.picture, panel.model) : answer();
    if (!own?.message) return null;
    if (panel.show === "picture") return { kind: "picture", own, name: "The picture as the model sees it" };
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

  // ---- Deletion ----------------------------------------------------------------------------------------------------------------

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

  // ---- Keeping it --------------------------------------------------------------------------------------------------------------

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

  // ---- The address -------------------------------------------------------------------------------------------------------------

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

  // ---- All of it ---------------------------------------------------------------------------------------------------------------

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
    const grid = key(Store.model.name, state.grid);
    if (grid !== last) buildGrid();
    last = grid;
    drawBars();
    drawChoices();
    drawMaps();
    drawDeletion();
    pursue();
  };
  const drawStrip = () => {
    if (!about().isServed) return;
    const strip = [...Store.pictures.values()].reverse().filter((one) => one.models.size);
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

  // ---- Pictures and models -----------------------------------------------------------------------------------------------------

  let opening = null;
  const send = async (path, body, then = () => {}) => {
    opening?.abort();
    opening = new AbortController();
    running?.controller.abort();
    complain(null);
    say("Working …");
    let seen = null;
    try {
      await Store.ask(path, body, opening.signal, (message) => {
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
      draw();
    } else {
      document.querySelector("h1").textContent = [...Store.pictures.values()][0].name;
      open([...Store.pictures.keys()][0]);
      apply(found);
      draw();
    }
    window.saliency = { state, Store, draw };
  })();
})();

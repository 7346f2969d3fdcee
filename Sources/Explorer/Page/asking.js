// What is chosen, what is asked for because of it, and in which order.

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
// What the address said, until a picture is there.
let remembered = null;
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
  // Nothing is in the way of a new picture.
  if (opening) return;
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

// Whether an element has to be made anew: one that stays as it is is left alone, so that no click or open list is lost when something
// arrives meanwhile.
const isNews = (element, ...content) => {
  const text = JSON.stringify(content);
  if (element.content === text) return false;
  element.content = text;
  return true;
};
const choice = (box, options, chosen, change) => {
  if (!isNews(box, options)) {
    for (const input of box.querySelectorAll("input")) input.checked = input.value === chosen;
    return;
  }
  box.replaceChildren(...options.map(([value, text]) => {
    const input = make("input", { type: "radio", name: box.id, value, checked: value === chosen });
    input.addEventListener("change", () => change(value));
    return make("label", {}, input, text);
  }));
};
const select = (element, options, chosen) => {
  if (!isNews(element, options)) {
    element.value = chosen;
    return;
  }
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
  if (remembered) apply(remembered);
  remembered = null;
  draw();
};

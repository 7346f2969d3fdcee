"use strict";
(() => {
  const data = JSON.parse(document.getElementById("page-data").textContent);
  const find = (id) => document.getElementById(id);
  const percent = (share, digits = 1) => (100 * share).toFixed(digits) + "%";

  // Charts: the values at the fraction that is nearest to the pointer, or chosen with the arrow keys.
  for (const [id, chart] of Object.entries(data.charts)) {
    const svg = find(id), readout = find(id + "-values"), cursor = svg.querySelector(".cursor");
    const last = chart.fractions.length - 1, end = chart.fractions[last] || 1;
    const place = (index) => 44 + (468 - 44) * chart.fractions[index] / end;
    let current = -1;
    const show = (index) => {
      current = index;
      cursor.style.visibility = "visible";
      cursor.setAttribute("x1", place(index));
      cursor.setAttribute("x2", place(index));
      const head = document.createElement("b");
      head.textContent = percent(chart.fractions[index], 0) + " deleted: ";
      readout.replaceChildren(
        head, chart.lines.map((line) => line.name + " " + line.values[index].toFixed(4)).join(", "));
    };
    const follow = (event) => {
      const box = svg.getBoundingClientRect();
      const x = 480 * (event.clientX - box.left) / box.width;
      let nearest = 0;
      for (let i = 1; i <= last; i++) if (Math.abs(place(i) - x) < Math.abs(place(nearest) - x)) nearest = i;
      show(nearest);
    };
    svg.addEventListener("pointermove", follow);
    svg.addEventListener("pointerdown", follow);
    svg.addEventListener("focus", () => { if (current < 0) show(0); });
    svg.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      show(Math.min(Math.max(to, 0), last));
    });
  }

  // The viewer: one example large, its pixels deleted in the order of a map.
  const viewer = find("viewer"), canvas = find("viewer-canvas"), slider = find("viewer-slider");
  const state = { row: null, view: null, metric: null };

  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  const choose = (box, name, options, chosen, change) => {
    box.replaceChildren(...options.map((option) => {
      const label = document.createElement("label"), input = document.createElement("input");
      Object.assign(input, { type: "radio", name, value: option, checked: option === chosen });
      input.addEventListener("change", () => change(option));
      label.append(input, option);
      return label;
    }));
  };

  const current = () => {
    const set = data.examples[state.row.parentElement.dataset.experiment];
    const example = set.examples[state.row.dataset.index];
    const maps = example.maps.filter((map) => map.attribution === state.row.dataset.attribution);
    return { set, example, maps, map: maps.find((map) => map.view === state.view) || maps[0] };
  };

  const draw = () => {
    const { set, example, map } = current(), step = Number(slider.value);
    const answers = map.answers[state.metric], answer = answers[step];
    canvas.width = set.width;
    canvas.height = set.height;
    const context = canvas.getContext("2d"), input = state.row.querySelector("img");
    context.drawImage(input, 0, 0);
    map.bytes ??= bytes(map.steps);
    const cover = new OffscreenCanvas(set.width, set.height), pixels = new ImageData(set.width, set.height);
    const colour = state.metric === "white" ? 255 : 0;
    for (let i = 0; i < map.bytes.length; i++) {
      if (map.bytes[i] <= step) pixels.data.set([colour, colour, colour, 255], 4 * i);
    }
    cover.getContext("2d").putImageData(pixels, 0, 0);
    context.drawImage(cover, 0, 0);

    const total = set.width * set.height, deleted = map.deleted[step];
    const asked = percent(set.fractions[step], 0);
    const ranDry = deleted < Math.floor(set.fractions[step] * total + 0.5);
    const amount = `${deleted.toLocaleString("en")} of ${total.toLocaleString("en")} pixels`;
    find("viewer-state").textContent = `${asked} deleted: ${amount}` + (ranDry ? ", all that the map has" : "");
    slider.setAttribute("aria-valuetext", `${asked}, ${amount}`);
    canvas.setAttribute(
      "aria-label", `${example.name} with ${amount} turned ${state.metric} in the order of the ${map.view} map`);
    find("viewer-answer").textContent = answer.name === example.name
      ? `Answer: ${answer.name}, ${percent(answer.probability)}`
      : `Answer: ${answer.name}, ${percent(answer.probability)} (${example.name}: ${percent(answer.explained)})`;
    const picture = find("viewer-map"), shown = [...state.row.querySelectorAll("img")]
      .find((image) => image.dataset.view === map.view);
    picture.src = shown.src;
    picture.alt = shown.alt;
    find("viewer-map-name").textContent = `${map.view} map`;

    // As wide as the slider, so that its handle is at the point that the chart marks.
    const chart = find("viewer-chart"), width = chart.clientWidth || 480;
    const x = (i) => 8 + (width - 16) * i / Math.max(answers.length - 1, 1), y = (i) => 84 - 78 * answers[i].explained;
    const make = (name, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    };
    chart.replaceChildren(
      make("line", { class: "grid", x1: 8, x2: width - 8, y1: 84, y2: 84 }),
      make("line", { class: "grid", x1: 8, x2: width - 8, y1: 6, y2: 6 }),
      make("polyline", { points: answers.map((_, i) => `${x(i)},${y(i)}`).join(" ") }),
      make("circle", { cx: x(step), cy: y(step), r: 5 }));
    find("viewer-chart-name").textContent =
      `Probability of ${example.name} at each step, from 0% to 100%; now ${percent(answer.explained)}.`;
  };

  const open = (row, view) => {
    state.row = row;
    const { set, example, maps, map } = current();
    const views = maps.map((each) => each.view), metrics = Object.keys(map.answers).sort();
    state.view = views.includes(view) ? view : views.includes(state.view) ? state.view : views[0];
    state.metric = metrics.includes(state.metric) ? state.metric : metrics[0];
    slider.max = set.fractions.length - 1;
    find("viewer-title").textContent = example.name;
    choose(find("viewer-views"), "view", views, state.view, (option) => { state.view = option; draw(); });
    choose(find("viewer-metrics"), "metric", metrics, state.metric, (option) => { state.metric = option; draw(); });
    if (!viewer.open) {
      slider.value = 0;
      viewer.showModal();
      slider.focus();
    }
    draw();
  };

  const turn = (by) => {
    const rows = [...state.row.parentElement.children];
    open(rows[(rows.indexOf(state.row) + by + rows.length) % rows.length], state.view);
  };
  for (const row of document.querySelectorAll(".example")) {
    row.addEventListener("click", (event) => open(row, event.target.dataset.view));
  }
  slider.addEventListener("input", draw);
  find("viewer-previous").addEventListener("click", () => turn(-1));
  find("viewer-next").addEventListener("click", () => turn(1));
  find("viewer-close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  viewer.addEventListener("close", () => state.row.querySelector(".open").focus());
})();

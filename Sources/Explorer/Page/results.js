"use strict";
// The page of finished results: curves, examples, and every map's worst images.
(() => {
  const results = JSON.parse(document.getElementById("page-data").textContent);
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const svg = (name, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const percent = (share, digits = 0) => (100 * share).toFixed(digits) + "%";
  const picture = (data, alt) => make("img", { src: "data:image/png;base64," + data, alt });
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const chart = (title, curves) => {
    const top = Math.max(1, ...curves.flatMap((curve) => curve.accuracy)), end = Math.max(...curves.flatMap((curve) => curve.fractions)) || 1;
    const x = (value) => 40 + (430 * value) / end, y = (value) => 250 - (236 * value) / top;
    const drawing = svg("svg", { viewBox: "0 0 480 290", role: "img", "aria-label": `${title}: ${curves.map((curve) =>
      `${curve.title} from ${curve.accuracy[0].toFixed(3)} to ${curve.accuracy.at(-1).toFixed(3)}`).join("; ")}` });
    const text = (x, y, anchor, content) => drawing.append(svg("text", { x, y, "text-anchor": anchor }, content));
    for (const part of [0, 0.25, 0.5, 0.75, 1]) {
      drawing.append(svg("line", { x1: 40, x2: 470, y1: y(part * top), y2: y(part * top) }));
      text(34, y(part * top) + 4, "end", (part * top).toFixed(2));
    }
    for (const part of [0, 1, 2, 3]) text(x((part * end) / 3), 268, part === 3 ? "end" : "middle", percent((part * end) / 3));
    text(255, 286, "middle", "fraction of the pixels");
    for (const curve of curves) {
      const line = svg("polyline", {
        points: curve.fractions.map((fraction, i) => `${x(fraction)},${y(curve.accuracy[i])}`).join(" "),
        "stroke-dasharray": curve.dash.map((part) => 2 * part).join(" "), stroke: dark.matches ? curve.dark : curve.light,
      }, svg("title", {}, curve.title));
      dark.addEventListener("change", () => line.setAttribute("stroke", dark.matches ? curve.dark : curve.light));
      drawing.append(line);
    }
    const legend = make("ul", { className: "key" }, ...curves.map((curve) => make("li", {}, svg("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" },
      svg("polyline", { points: "0,4 26,4", stroke: dark.matches ? curve.dark : curve.light, "stroke-dasharray": curve.dash.map((part) => 2 * part).join(" ") })), curve.title)));
    return make("figure", { className: "chart" }, make("figcaption", { textContent: title }), drawing, legend);
  };

  const worst = (result) => {
    const name = (index) => result.labels[index] ?? `class ${index}`;
    const options = result.rankings.map((ranking, i) => make("option", {
      value: i, textContent: `${result.metrics[ranking.metric] ?? ranking.metric}: ${ranking.title} (mean ${percent(ranking.mean)})`,
    }));
    const select = make("select", {}, ...options), note = make("p", { className: "small quiet" }), body = make("tbody");
    const hasPictures = Object.keys(result.pictures).length > 0;
    const show = () => {
      const ranking = result.rankings[select.value];
      note.textContent = ranking.shouldChange
        ? "Pixels that should hurt are deleted: the answer should soon change. First come the images where it stays longest."
        : "Pixels that should not hurt are deleted: the answer should stay. First come the images where it changes soonest.";
      body.replaceChildren(...ranking.worst.map((image) => {
        const cells = result.fractions.map((fraction, i) => {
          const same = image.classes[i] === image.classes[0];
          return make("span", { className: same ? "same" : "other", title: `${percent(fraction)}: ${name(image.classes[i])}` });
        });
        const changed = result.fractions.findIndex((_, i) => image.classes[i] !== image.classes[0]);
        const truth = result.truths[image.index];
        const row = make("tr", {}, make("th", { scope: "row", textContent: `image ${image.index}` }));
        if (hasPictures) row.append(make("td", {}, result.pictures[image.index] ? picture(result.pictures[image.index], `Image ${image.index}`) : ""));
        row.append(
          make("td", { className: "number", textContent: percent(image.failure) }),
          make("td", { textContent: name(image.classes[0]) + (truth !== undefined && truth !== image.classes[0] ? ` (is ${name(truth)})` : "") }),
          make("td", {}, make("div", { className: "course", role: "img", ariaLabel: changed < 0 ? "the answer stays" : `another answer from ${percent(result.fractions[changed])} on` }, ...cells)),
          make("td", { textContent: changed < 0 ? "stays" : `${name(image.classes[changed])} from ${percent(result.fractions[changed])}` }));
        return row;
      }));
    };
    select.addEventListener("change", show);
    if (result.rankings.length) show();
    const heads = ["image", ...(hasPictures ? [""] : []), "failure", "answer", "while pixels are deleted", "first other answer"];
    const missing = result.missing ? [make("p", { className: "small quiet", textContent: `No pictures: ${result.missing}.` })] : [];
    return [make("label", { className: "pick" }, "map ", select), note, ...missing, make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Images" },
      make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col", textContent: text })))), body))];
  };

  const section = (result) => {
    const article = make("section", { className: "result" }, make("h2", { textContent: `${result.model} on ${result.dataset}` }),
      make("p", { className: "quiet small", textContent: `${result.path}, ${result.images.toLocaleString("en")} images.` + (result.page ? ` A page of it is in ${result.page}.` : "") }));
    const metrics = [...new Set(result.curves.map((curve) => curve.metric))];
    article.append(make("div", { className: "pair" }, ...metrics.map((metric) =>
      chart(result.metrics[metric] ?? metric, result.curves.filter((curve) => curve.metric === metric)))));
    if (result.examples.length) {
      article.append(make("h3", { textContent: "Examples" }), make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Examples" },
        ...result.examples.map((example) => make("div", { className: "example" },
          make("figure", {}, picture(example.picture, `An image of class ${example.name}`), make("figcaption", { textContent: `${example.name} ${percent(example.probability)}` })),
          ...example.maps.map((map) => make("figure", {}, picture(map.picture, `${map.title} map of ${example.name}`), make("figcaption", { textContent: map.title })))))));
    }
    if (result.rankings.length) article.append(make("h3", { textContent: "Images by how much a map failed" }), ...worst(result));
    return article;
  };

  document.getElementById("title").textContent = document.title;
  document.getElementById("results").append(...results.map(section));
})();

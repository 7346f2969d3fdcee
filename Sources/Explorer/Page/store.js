// What is known of pictures and models, and how more is asked for. Without a server everything is in the page from the start.
const Store = (() => {
  const start = JSON.parse(document.getElementById("page-data").textContent);
  const pictures = new Map(), models = new Map();
  const store = { about: null, model: null, pictures, models };

  const key = (...parts) => parts.join("|");

  const picture = (id) => {
    if (!pictures.has(id)) pictures.set(id, { id, name: "", photograph: null, scaled: new Map(), models: new Map() });
    return pictures.get(id);
  };
  // What one model says of one picture.
  const told = (id, model) => {
    const of = picture(id).models;
    if (!of.has(model)) of.set(model, { model, maps: new Map(), contrasts: new Map(), deletions: new Map() });
    return of.get(model);
  };

  const takers = {
    about: (message) => { store.about = message; },
    model: (message) => {
      models.set(message.name, message);
      store.model = message;
    },
    picture: (message) => {
      const own = picture(message.id);
      own.name = message.name;
      own.height = message.photographHeight;
      own.width = message.photographWidth;
      const answer = told(message.id, message.model);
      answer.message = message;
      answer.input = {
        height: message.height, width: message.width, channels: message.channels, values: Maps.bytes(message.input),
      };
      answer.image = Maps.picture(answer.input);
      answer.logits = Maps.floats(message.logits);
      answer.probabilities = Maps.floats(message.probabilities);
      answer.ranking = [...answer.logits.keys()].sort((a, b) => answer.logits[b] - answer.logits[a] || a - b);
    },
    photograph: async (message) => {
      const blob = new Blob([Maps.bytes(message.content)], { type: message.format });
      picture(message.picture).photograph = await createImageBitmap(blob, { colorSpaceConversion: "none" });
    },
    maps: (message) => {
      const { height, width } = message, all = told(message.picture, message.model).maps;
      const name = key(message.explainedClass, message.attribution);
      if (!all.has(name)) all.set(name, { views: {} });
      const own = all.get(name);
      for (const map of message.maps) own.views[map.view] ??= { height, width, values: Maps.floats(map.values) };
      const side = (side) => ({ height, width, rivals: Maps.integers(side.rivals), margins: Maps.floats(side.margins) });
      if (message.strongest) {
        own.strongest = side(message.strongest);
        own.weakest = side(message.weakest);
        own.rivals = message.rivals;
      }
      own.gap = message.completenessGap;
    },
    contrast: (message) => {
      const { height, width, explainedClass, rival, attribution } = message, values = Maps.floats(message.values);
      const all = told(message.picture, message.model).contrasts;
      // Exchanging the classes changes the sign.
      all.set(key(explainedClass, rival, attribution), { height, width, values });
      all.set(key(rival, explainedClass, attribution), { height, width, values: values.map((value) => -value) });
    },
    deletion: (message) => {
      message.steps = Maps.bytes(message.steps);
      const all = told(message.picture, message.model).deletions;
      const name = key(message.explainedClass, message.attribution, message.view), before = all.get(name);
      all.set(name, before ? { ...message, answers: { ...before.answers, ...message.answers } } : message);
    },
  };
  store.take = async (message) => { await takers[message.type]?.(message); };

  store.begin = async () => { for (const message of start) await store.take(message); };

  // Asks the server; hands every message to `heard` once the store has taken it.
  store.ask = async (path, body, signal, heard = () => {}) => {
    const response = await fetch(location.pathname + path, {
      method: "POST", body: body instanceof Blob ? body : JSON.stringify(body), signal,
    });
    const handle = async (line) => {
      if (!line) return;
      const message = JSON.parse(line);
      if (message.type === "error") throw new Error(message.message);
      await store.take(message);
      heard(message);
    };
    const reader = response.body.getReader(), decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = lines.pop();
      for (const line of lines) await handle(line);
      if (done) break;
    }
    await handle(rest);
  };

  // Asks for a file.
  store.fetch = async (path, body) => {
    const response = await fetch(location.pathname + path, { method: "POST", body: JSON.stringify(body) });
    if (response.headers.get("Content-Type") === "application/x-ndjson") throw new Error(JSON.parse(await response.text()).message);
    return response.blob();
  };

  store.key = key;
  store.told = (id, model) => pictures.get(id)?.models.get(model);

  // The photograph with a longer side of at most `side`, as pixels, and the part of it that the model saw.
  store.photograph = (answer, side) => {
    const own = pictures.get(answer.message.id), bitmap = own.photograph;
    if (!bitmap) {
      const { height, width } = answer.image;
      return { image: answer.image, window: { x: 0, y: 0, width, height } };
    }
    const factor = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * factor)), height = Math.max(1, Math.round(bitmap.height * factor));
    if (!own.scaled.has(width)) {
      const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, 0, 0, width, height);
      if (own.scaled.size > 3) own.scaled.clear();
      own.scaled.set(width, context.getImageData(0, 0, width, height));
    }
    const across = width / own.width, down = height / own.height, part = answer.message.window;
    return {
      image: own.scaled.get(width),
      window: { x: part.x * across, y: part.y * down, width: part.width * across, height: part.height * down },
    };
  };
  return store;
})();

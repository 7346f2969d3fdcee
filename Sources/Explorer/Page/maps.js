"use strict";
// What the program draws maps by, once more for the browser: scales, smoothing, colours, overlays. The arithmetic is the program's,
// so that a canvas shows what its files show.
const Maps = (() => {
  const bytes = (text) => {
    const binary = atob(text), result = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) result[i] = binary.charCodeAt(i);
    return result;
  };
  const base64 = (values) => {
    let text = "";
    for (let i = 0; i < values.length; i += 8192) text += String.fromCharCode(...values.subarray(i, i + 8192));
    return btoa(text);
  };
  const floats = (text) => new Float32Array(bytes(text).buffer);
  const integers = (text) => new Int32Array(bytes(text).buffer);

  // A map is { height, width, values }; its values do not change.

  // What follows from a map's values alone, made when it is first asked for.
  const found = new WeakMap();
  const once = (values, what, make) => {
    if (!found.has(values)) found.set(values, new Map());
    const own = found.get(values);
    if (!own.has(what)) own.set(what, make());
    return own.get(what);
  };

  const percentile = (sorted, share) => {
    const place = (share / 100) * (sorted.length - 1), below = Math.floor(place);
    const a = sorted[below], b = sorted[Math.min(below + 1, sorted.length - 1)];
    return Math.fround(a + (b - a) * (place - below));
  };

  // From the smallest value to the percentile; to the largest where so few pixels differ that the percentile is the smallest.
  const scale = (map, clip) => {
    const sorted = once(map.values, "sorted", () => map.values.filter(Number.isFinite).sort());
    if (!sorted.length) return { low: 0, high: 0 };
    const clipped = percentile(sorted, clip);
    return { low: sorted[0], high: clipped > sorted[0] ? clipped : sorted[sorted.length - 1] };
  };

  // The percentile of the magnitudes, or the largest where that is 0.
  const limit = (map, clip) => {
    const sorted = once(map.values, "magnitudes", () => map.values.filter(Number.isFinite).map(Math.abs).sort());
    if (!sorted.length) return 0;
    const clipped = percentile(sorted, clip);
    return clipped > 0 ? clipped : sorted[sorted.length - 1];
  };

  // Convolved with a Gaussian that is cut off at 3 σ; beyond the borders nothing counts.
  const smoothed = (map, sigma) => {
    if (!(sigma > 0)) return map;
    const { height, width } = map;
    const reach = Math.max(1, Math.min(Math.ceil(3 * sigma), Math.max(height, width)));
    const weights = Float32Array.from({ length: reach + 1 }, (_, i) => Math.exp(-i * i / (2 * sigma * sigma)));
    const turn = (values, lines, length) => {
      const result = new Float32Array(values.length), totals = new Float32Array(length);
      for (let place = 0; place < length; place++) {
        const from = Math.max(0, place - reach), to = Math.min(length - 1, place + reach);
        for (let i = from; i <= to; i++) totals[place] += weights[Math.abs(i - place)];
      }
      for (let line = 0; line < lines; line++) {
        const start = line * length;
        for (let place = 0; place < length; place++) {
          let sum = values[start + place] * weights[0];
          for (let distance = 1; distance <= reach; distance++) {
            if (place >= distance) sum += values[start + place - distance] * weights[distance];
            if (place + distance < length) sum += values[start + place + distance] * weights[distance];
          }
          result[place * lines + line] = sum / totals[place];
        }
      }
      return result;
    };
    return { height, width, values: turn(turn(map.values, height, width), width, height) };
  };

  // How a map is shown: the values, the positions on its scale, and which colours. Under a threshold, a share of the scale, a value
  // counts as nothing; of a signed map one sign can be left out.
  const shown = (map, { signed, negated, clip, sigma, threshold = 0, sign = "both" }) => {
    let result = smoothed(map, sigma);
    if (negated) result = { ...result, values: once(result.values, "negated", () => result.values.map((value) => -value)) };
    const positions = new Float32Array(result.values.length);
    const range = signed ? { high: limit(result, clip) } : scale(result, clip);
    for (let i = 0; i < positions.length; i++) {
      const value = result.values[i];
      let position = NaN;
      if (Number.isFinite(value)) {
        if (signed) {
          position = range.high > 0 ? Math.min(Math.max(Math.fround(value / range.high), -1), 1) : 0;
          if ((sign === "positive" && position < 0) || (sign === "negative" && position > 0)) position = 0;
        } else if (range.high > range.low) {
          position = Math.min(Math.max((value - range.low) / (range.high - range.low), 0), 1);
        } else {
          position = 0;
        }
        if (Math.abs(position) < threshold) position = 0;
      }
      positions[i] = position;
    }
    return { height: map.height, width: map.width, positions, signed, range };
  };

  const notFinite = [128, 128, 128];
  // The colour at a position 0…1 along the stops.
  const colour = (stops, position) => {
    let upper = 0;
    while (upper < stops.length - 1 && stops[upper].position < position) upper++;
    if (upper === 0) return [stops[0].red, stops[0].green, stops[0].blue];
    const a = stops[upper - 1], b = stops[upper], share = (position - a.position) / (b.position - a.position);
    const mix = (x, y) => Math.round(x + (y - x) * share);
    return [mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue)];
  };
  const tables = new Map();
  // Colours for 4,097 positions, the middle one of which is 0 on a scale with a sign.
  const table = (stops) => {
    if (!tables.has(stops)) tables.set(stops, Array.from({ length: 4097 }, (_, i) => colour(stops, i / 4096)));
    return tables.get(stops);
  };

  const opaque = (width, height) => {
    const image = new ImageData(width, height);
    image.data.fill(255);
    return image;
  };
  const put = (data, place, rgb) => {
    data[4 * place] = rgb[0];
    data[4 * place + 1] = rgb[1];
    data[4 * place + 2] = rgb[2];
  };

  // A map alone, a pixel for each value.
  const drawn = (shown, colours) => {
    const image = opaque(shown.width, shown.height);
    const table_ = table(shown.signed ? colours.diverging : colours.heat);
    for (let i = 0; i < shown.positions.length; i++) {
      const position = shown.positions[i];
      const place = shown.signed ? (position + 1) / 2 : position;
      put(image.data, i, Number.isFinite(position) ? table_[Math.round(4096 * place)] : notFinite);
    }
    return image;
  };

  // A map over a photograph: ImageData of any size, of which `window`, in its pixels, is what the model saw.
  const overlay = (shown, photograph, window, { opacity, smooth, colours }) => {
    const { width, height, data: source } = photograph;
    const lowest = shown.signed ? -1 : 0;
    const steps = Array.from({ length: 1024 }, (_, step) => {
      const position = lowest + ((1 - lowest) * step) / 1023;
      const rgb = shown.signed ? colour(colours.diverging, position < 0 ? 0.2 : 0.8) : colour(colours.heat, position);
      return [...rgb, Math.round(256 * opacity * (shown.signed ? Math.abs(position) : Math.sqrt(position)))];
    });
    const places = (length, from, part, count) => Array.from({ length }, (_, pixel) => {
      const middle = pixel + 0.5 - from;
      if (!(middle >= 0 && middle < part)) return null;
      const place = (middle / part) * count - (smooth ? 0.5 : 0);
      const low = Math.min(Math.max(Math.floor(place), 0), count - 1);
      if (!smooth) return { low, high: low, share: 0 };
      return { low, high: Math.min(low + 1, count - 1), share: Math.min(Math.max(place - low, 0), 1) };
    });
    const columns = places(width, window.x, window.width, shown.width);
    const rows = places(height, window.y, window.height, shown.height);
    const line = Math.max(1, Math.floor(Math.max(height, width) / 300));
    const edges = (places) => {
      const inside = places.flatMap((place, i) => (place ? [i] : []));
      const first = inside[0] ?? 0, last = inside[inside.length - 1] ?? 0;
      return places.map((_, i) => (i >= first - line && i < first) || (i > last && i <= last + line));
    };
    const edgeColumns = edges(columns), edgeRows = edges(rows);
    const image = opaque(width, height), positions = shown.positions;
    for (let y = 0; y < height; y++) {
      const row = rows[y];
      for (let x = 0; x < width; x++) {
        const i = y * width + x, column = columns[x];
        const luma = Math.floor((299 * source[4 * i] + 587 * source[4 * i + 1] + 114 * source[4 * i + 2] + 500) / 1000);
        let red = luma, green = luma, blue = luma;
        if (!row || !column) {
          const isEdge = (edgeRows[y] && (column || edgeColumns[x])) || (edgeColumns[x] && row);
          red = green = blue = isEdge ? 26 : Math.floor((luma + 510) / 3);
        } else {
          const upper = row.low * shown.width, lower = row.high * shown.width;
          const top = positions[upper + column.low] + (positions[upper + column.high] - positions[upper + column.low]) * column.share;
          const bottom = positions[lower + column.low] + (positions[lower + column.high] - positions[lower + column.low]) * column.share;
          const position = top + (bottom - top) * row.share;
          if (Number.isFinite(position)) {
            const [r, g, b, cover] = steps[Math.round(((position - lowest) / (1 - lowest)) * 1023)];
            red = (luma * (256 - cover) + r * cover + 128) >> 8;
            green = (luma * (256 - cover) + g * cover + 128) >> 8;
            blue = (luma * (256 - cover) + b * cover + 128) >> 8;
          } else {
            red = green = blue = 128;
          }
        }
        put(image.data, i, [red, green, blue]);
      }
    }
    return image;
  };

  // Which class disputes each pixel: the classes that cover most have a colour of their own, paler where the margin is small.
  const disputed = (side, colours, clip) => {
    const { height, width, rivals, margins } = side;
    const strength = margins.map(Math.abs), top = limit({ values: strength }, clip) || 1;
    const weights = new Map();
    for (let i = 0; i < rivals.length; i++) {
      strength[i] = Math.min(strength[i] / top, 1);
      weights.set(rivals[i], (weights.get(rivals[i]) ?? 0) + strength[i]);
    }
    const classes = [...weights].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map((entry) => entry[0]);
    const hex = (text) => [1, 3, 5].map((place) => parseInt(text.slice(place, place + 2), 16));
    const own = new Map(classes.slice(0, colours.classes.length).map((index, place) => [index, hex(colours.classes[place])]));
    const other = hex(colours.otherClass), image = opaque(width, height);
    for (let i = 0; i < rivals.length; i++) {
      const rgb = own.get(rivals[i]) ?? other, share = Math.sqrt(strength[i]);
      put(image.data, i, rgb.map((part) => Math.round(255 + (part - 255) * share)));
    }
    return {
      image,
      legend: [...own].map(([index, rgb]) => ({ index, rgb })),
      others: Math.max(0, classes.length - own.size),
    };
  };

  // Pixels [H, W, C] as a picture.
  const picture = ({ height, width, channels, values }) => {
    const image = opaque(width, height);
    for (let i = 0; i < height * width; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = values[i * channels + (channels === 3 ? c : 0)];
    }
    return image;
  };

  // What deleted pixels become: a function from a pixel's place and a channel to 0…255.
  const replacement = (name, image) => {
    if (name === "black") return () => 0;
    if (name === "white") return () => 255;
    const { height, width, channels, values } = image, count = height * width;
    const planes = Array.from({ length: channels }, (_, c) =>
      Float32Array.from({ length: count }, (_, i) => values[i * channels + c]));
    if (name === "mean") {
      const means = planes.map((plane) => Math.round(plane.reduce((sum, value) => sum + value, 0) / count));
      return (_, c) => means[channels === 3 ? c : 0];
    }
    const blurred = planes.map((plane) => smoothed({ height, width, values: plane }, Math.min(height, width) / 16).values);
    return (i, c) => Math.round(blurred[channels === 3 ? c : 0][i]);
  };

  // NumPy's file format, version 1.0.
  const numpy = (values, shape, type = "<f4") => {
    let header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
    header += " ".repeat(63 - ((10 + header.length) % 64)) + "\n";
    const head = new Uint8Array([0x93, ...[..."NUMPY"].map((c) => c.charCodeAt(0)), 1, 0, header.length & 255, header.length >> 8,
      ...[...header].map((c) => c.charCodeAt(0))]);
    return new Blob([head, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
  };

  return { bytes, base64, floats, integers, scale, limit, smoothed, shown, drawn, overlay, disputed, picture, replacement, numpy, colour, table };
})();

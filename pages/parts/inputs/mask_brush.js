// Okabe and Ito's colours. The patterns differ too, for people who cannot tell the colours apart.
const INKS = [null, [0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233]];
const WEAVES = [null, () => 0, (x, y) => (x + y) % 10 < 3, (x, y) => (x - y + 1024) % 10 < 3, (x, y) => x % 8 < 3 && y % 8 < 3, (x, y) => y % 8 < 3];
const MOST_UNDONE = 30;
const states = new WeakMap();

const toRuns = (map) => {
  const runs = [];
  for (let i = 0, from = 0; i < map.length; from = i) {
    while (i < map.length && map[i] === map[from]) i++;
    runs.push(map[from], i - from);
  }
  return runs;
};

const fromRuns = (runs, size) => {
  const map = new Uint8Array(size);
  for (let i = 0, at = 0; i < runs.length; at += runs[i + 1], i += 2) map.fill(runs[i], at, at + runs[i + 1]);
  return map;
};

export default function ({ parentElement, data, setTriggerValue }) {
  const one = (s) => parentElement.querySelector(s), figure = one("figure"), sheet = one(".sheet"), canvas = one("canvas");
  const photograph = one("img"), ring = one(".sheet > i"), palette = one(".styles"), brush = one("input"), { width, height } = data;
  const state = states.get(figure) ?? { label: data.styles[0].label, at: [width / 2, height / 2] };
  states.set(figure, state);
  const fresh = state.token !== data.token;
  if (fresh) Object.assign(state, { token: data.token, map: fromRuns(data.runs, width * height), undo: [], at: [width / 2, height / 2] });
  if (state.label && !data.styles.some((style) => style.label === state.label)) state.label = data.styles[0].label;

  const draw = (left = 0, top = 0, right = width, bottom = height) => {
    const across = right - left, down = bottom - top;
    if (across <= 0 || down <= 0) return;
    const context = canvas.getContext("2d"), picture = context.createImageData(across, down), pixels = picture.data;
    for (let y = top, i = 0; y < bottom; y++) for (let x = left; x < right; x++, i += 4) {
      const label = state.map[y * width + x];
      if (label) { const ink = INKS[label]; pixels[i] = ink[0]; pixels[i + 1] = ink[1]; pixels[i + 2] = ink[2]; pixels[i + 3] = WEAVES[label](x, y) ? 205 : 140; }
    }
    context.putImageData(picture, left, top);
  };
  const radius = () => Math.max(1, brush.value / 200 * Math.max(width, height));
  const stamp = ([x, y]) => {
    const r = radius(), top = Math.max(0, Math.ceil(y - r)), bottom = Math.min(height, Math.floor(y + r) + 1);
    for (let row = top; row < bottom; row++) {
      const half = Math.sqrt(r * r - (row - y) ** 2), from = Math.max(0, Math.ceil(x - half)), to = Math.min(width, Math.floor(x + half) + 1);
      if (from < to) state.map.fill(state.label, row * width + from, row * width + to);
    }
  };
  const stroke = (from, to) => {
    const far = Math.hypot(to[0] - from[0], to[1] - from[1]), times = Math.max(1, Math.ceil(far / Math.max(1, radius() / 4)));
    for (let n = 1; n <= times; n++) stamp([0, 1].map((k) => from[k] + (to[k] - from[k]) * n / times));
    const r = Math.ceil(radius()) + 1, ends = (k, most) => [Math.max(0, Math.floor(Math.min(from[k], to[k]) - r)), Math.min(most, Math.ceil(Math.max(from[k], to[k]) + r))];
    const [left, right] = ends(0, width), [top, bottom] = ends(1, height);
    draw(left, top, right, bottom);
    state.at = to;
  };
  const buttons = () => {
    one(".undo").disabled = !state.undo.length;
    one(".clear").disabled = !state.map.some(Boolean);
  };
  const begin = () => { state.before = state.map.slice(); };
  const end = () => {
    const { before, map } = state;
    state.before = null;
    if (!before || before.every((label, i) => label === map[i])) return;
    state.undo = [...state.undo, before].slice(-MOST_UNDONE);
    send();
  };
  const send = () => { buttons(); setTriggerValue("painted", { token: state.token, runs: toRuns(state.map) }); };
  const show = (at, visible) => {
    const size = canvas.getBoundingClientRect().width / width * radius() * 2;
    Object.assign(ring.style, { left: `${at[0] / width * 100}%`, top: `${at[1] / height * 100}%`, width: `${size}px`, height: `${size}px` });
    ring.hidden = !visible;
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * width, (event.clientY - box.top) / box.height * height];
  };

  canvas.onpointerdown = (event) => {
    if (event.button || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    const at = place(event);
    begin(); stroke(at, at); show(at, true);
  };
  canvas.onpointermove = (event) => {
    if (!event.isPrimary) return;
    const at = place(event);
    if (state.before && !state.keyed) for (const part of event.getCoalescedEvents?.() ?? [event]) stroke(state.at, place(part));
    show(at, state.before || event.pointerType !== "touch");
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (!event.isPrimary || state.keyed) return;
    end();
    if (event.pointerType === "touch") ring.hidden = true;
  };
  canvas.onpointerleave = () => { if (!state.before) ring.hidden = true; };

  canvas.onfocus = () => { if (canvas.matches(":focus-visible")) show(state.at, true); };
  canvas.onblur = () => { if (state.keyed) { state.keyed = false; end(); } ring.hidden = true; };
  canvas.onkeydown = (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === " " && !event.repeat && !state.before) { state.keyed = true; begin(); stroke(state.at, state.at); }
    if (step) {
      const far = Math.max(2, radius() / 2), clip = (value, most) => Math.min(most, Math.max(0, value));
      const to = [clip(state.at[0] + step[0] * far, width), clip(state.at[1] + step[1] * far, height)];
      if (state.keyed) stroke(state.at, to); else state.at = to;
    }
    if (step || event.key === " ") { event.preventDefault(); show(state.at, true); }
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); one(".undo").click(); }
  };
  canvas.onkeyup = (event) => { if (event.key === " " && state.keyed) { state.keyed = false; end(); } };

  const pick = (label) => {
    state.label = label;
    for (const b of palette.children) { b.setAttribute("aria-checked", +b.dataset.label === label); b.tabIndex = +b.dataset.label === label ? 0 : -1; }
  };
  const swatch = (label, title, src) => {
    const b = document.createElement("button"), name = document.createElement("b");
    b.type = "button"; b.dataset.label = label; b.setAttribute("role", "radio"); name.textContent = title;
    if (src) { const img = new Image(); img.src = src; img.alt = ""; b.style.setProperty("--colour", `var(--c${label})`); b.append(img); } else b.className = "eraser";
    b.append(name); return b;
  };
  const drawn = JSON.stringify(data.styles);
  if (state.drawn !== drawn) {
    state.drawn = drawn;
    palette.replaceChildren(...data.styles.map((style) => swatch(style.label, style.title, style.src)), swatch(0, "Eraser", ""));
  }
  palette.setAttribute("aria-label", "What the brush paints");
  palette.onclick = (event) => { const b = event.target.closest("button"); if (b) pick(+b.dataset.label); };
  palette.onkeydown = (event) => {
    const all = [...palette.children], by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = all[(all.indexOf(event.target.closest("button")) + by + all.length) % all.length];
    next.focus(); pick(+next.dataset.label);
  };
  one(".undo").onclick = () => { if (state.undo.length) { state.map = state.undo.pop(); draw(); send(); } };
  one(".clear").onclick = () => { begin(); state.map = new Uint8Array(width * height); draw(); end(); };
  brush.oninput = () => { show(state.at, true); clearTimeout(state.hide); state.hide = setTimeout(() => { ring.hidden = true; }, 900); };

  sheet.style.aspectRatio = `${width} / ${height}`;
  sheet.style.width = `min(100%, calc(min(56vh, 34rem) * ${(width / height).toFixed(4)}))`;
  if (photograph.src !== data.src) photograph.src = data.src;
  photograph.alt = data.alt;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Paint on the photograph: arrow keys move the brush, the space bar held down paints");
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  if (fresh) draw();
  pick(state.label); buttons();
}

// A Plotly chart that is mounted once and then updated. Its data is described in plot.py.
const NARROW_PX = 560, RELEASE_MS = 60, RETRY_MS = 1500, PICK_DELAY_MS = 120, PRELOAD_MS = 1000, FRAME_MS = 125;
const DASHES = { dash: "7 4", dot: "2 3", dashdot: "7 3 2 3", longdash: "11 4" };
const SYMBOLS = { diamond: "◆", square: "■", circle: "●" };
const coarse = matchMedia("(pointer: coarse)");
const charts = new WeakMap();
let library;  // a promise of Plotly, shared by all charts of this visit

export default function ({ parentElement, data, setTriggerValue }) {
  if (!data.figure) return preload(parentElement, data);
  let chart = charts.get(parentElement);
  if (!chart) charts.set(parentElement, (chart = mount(parentElement)));
  chart.update(data, setTriggerValue);
  return () => setTimeout(() => parentElement.isConnected || chart.end());  // also called when a newer update replaces this one
}

// Without a figure: fetch Plotly once the page has settled, so that the first curve need not wait for it.
function preload(root, { library: address }) {
  root.querySelector(".nst-plot").style.display = "none";
  const waits = setTimeout(() => (library ??= fetched(address)).catch(() => { library = undefined; }), PRELOAD_MS);
  return () => clearTimeout(waits);
}

function mount(root) {
  const one = (selector) => root.querySelector(selector);
  const box = one(".nst-plot"), graph = one(".graph"), legend = one(".curves"), keys = one(".keys"), trouble = one(".trouble");
  const ended = new AbortController(), { signal } = ended;
  const hidden = new Set(), zoom = {};  // the visitor's choices: hidden groups, and axis -> { range, of }
  let Plotly, data, send, figure, drawn, drag = "zoom", begun = false, held = false, busy = false, stale = false, pointer = null;

  function update(next, trigger) {
    data = next; send = trigger;
    graph.setAttribute("aria-label", data.alt);
    keys.setAttribute("aria-label", data.keys);
    graph.classList.toggle("picks", data.pick);
    updateSlider(); updateFilm();
    const state = data.figure + JSON.stringify(colours());
    if (state === drawn) return;
    drawn = state;
    figure = unpacked(data.figure);
    graph.style.height = `max(${figure.layout.height}px, var(--nst-chart, 0px))`;  // the page may have more room
    for (const axis of ["xaxis", "yaxis"]) if (zoom[axis]?.of !== figure.layout[axis].uirevision) delete zoom[axis];
    updateLegend();
    if (Plotly) draw(); else if (!begun) begin();
  }

  async function begin(again = true) {
    begun = true;
    graph.classList.add("idle"); trouble.hidden = true;
    try {
      Plotly = await (library ??= fetched(data.library));
      graph.classList.remove("idle"); draw();
    } catch {
      library = undefined;
      if (again) setTimeout(() => begin(false), RETRY_MS); else trouble.hidden = false;
    }
  }

  async function draw() {
    stale = busy || held || !Plotly || !graph.clientWidth || signal.aborted;  // stale: to be drawn again as soon as that is possible
    if (stale) return;
    busy = true;
    try {
      const isFirst = !graph.data;
      await Plotly.react(graph, traces(), layout(), { displayModeBar: false, doubleClick: false, showTips: false });
      if (isFirst) listen();
      if (pointer) repeatHover();
    } finally { busy = false; }
    showHead();
    if (stale) draw();
  }

  const traces = () => figure.data.map((trace) => ({ ...trace, visible: hidden.has(group(trace)) ? "legendonly" : true }));

  function layout() {
    const { text, line, ground, raised, font } = colours(), given = figure.layout;
    const isNarrow = graph.clientWidth < NARROW_PX;
    const axis = (name) => ({
      ...given[name], automargin: false, fixedrange: false, gridcolor: line, linecolor: line, tickfont: { color: text },
      ...(zoom[name] ? { range: [...zoom[name].range], autorange: false } : {}),
    });
    const dragmode = (coarse.matches || data.frames) && drag !== "pan" && !box.classList.contains("zooms") ? false : drag;
    graph.classList.toggle("drags", dragmode !== false);
    box.classList.toggle("near", Boolean(zoom.xaxis || zoom.yaxis));
    const narrow = isNarrow ? given.meta?.narrow : {}, labels = narrow?.annotations ?? given.annotations;
    return {
      ...given, ...narrow, xaxis: axis("xaxis"), yaxis: axis("yaxis"),
      annotations: labels?.map((label) => ({ bgcolor: ground, ...label })),  // legible where it crosses a curve
      width: graph.clientWidth, height: graph.clientHeight, showlegend: false, dragmode,
      font: { family: font, size: 12, color: text }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: raised || ground, bordercolor: line, font: { family: font, color: text } },
    };
  }

  function colours() {
    const style = getComputedStyle(box), of = (name) => style.getPropertyValue(`--st-${name}`).trim();
    return { text: of("text-color"), line: of("border-color"), ground: of("background-color"), raised: of("secondary-background-color"), font: of("font") };
  }

  // The legend: a switch for each group of curves.
  function updateLegend() {
    const shown = figure.data.filter((trace) => trace.name && trace.showlegend !== false);
    const names = JSON.stringify(shown.map((trace) => [trace.name, trace.line, trace.marker]));
    if (names !== legend.dataset.names) {
      const focused = document.activeElement?.dataset?.group;
      legend.dataset.names = names;
      legend.replaceChildren(...shown.map(legendButton));
      [...legend.children].find((button) => button.dataset.group === focused)?.focus();
    }
    for (const button of legend.children) button.setAttribute("aria-pressed", !hidden.has(button.dataset.group));
  }

  function legendButton(trace) {
    const button = document.createElement("button"), name = document.createElement("span");
    button.type = "button"; button.dataset.group = group(trace);
    name.textContent = plain(trace.name);
    button.append(swatch(trace), name);
    return button;
  }

  legend.addEventListener("click", ({ target }) => {
    const name = target.closest("button")?.dataset.group;
    if (!name) return;
    hidden.has(name) ? hidden.delete(name) : hidden.add(name);
    updateLegend(); draw();
  });

  // The zoom is kept here, because Plotly drops it when the figure sets its range again.
  function listen() {
    graph.on("plotly_relayout", (change) => {
      for (const axis of ["xaxis", "yaxis"]) {
        const range = change[`${axis}.range`] ?? [change[`${axis}.range[0]`], change[`${axis}.range[1]`]];
        if (range.every((end) => typeof end === "number")) setZoom(axis, range);
      }
      box.classList.toggle("near", Boolean(zoom.xaxis || zoom.yaxis));
    });
    graph.on("plotly_doubleclick", showAll);
    graph.on("plotly_click", ({ points }) => {
      const step = points.map((point) => point.customdata).find((value) => value !== undefined);
      if (data.pick && step !== undefined) send("picked", Number(step));
    });
  }

  // The slider picks a step by keyboard, as a click on the curves does. It is not updated while a pointer holds it.
  const slider = one("input"), label = one("label"), shown = one("output");
  let sliding = false, pick = 0;
  slider.id = `plot-${Math.random().toString(36).slice(2)}`; label.htmlFor = slider.id;

  function updateSlider() {
    const stops = data.stops;
    for (const part of [slider, label]) { part.hidden = !stops; part.classList.toggle("few", (stops?.length ?? 0) < 2); }
    if (!stops || sliding) return;
    one("label span").textContent = data.slider;
    slider.max = Math.max(stops.length - 1, 1);
    const index = stops.indexOf(data.at);
    slider.value = index < 0 ? slider.max : index;
    slider.disabled = stops.length < 2;
    showStop();
  }

  function showStop() {
    shown.textContent = data.stops[slider.value] ?? "";
    slider.setAttribute("aria-valuetext", shown.textContent);
    if (data.frames?.[slider.value]) { frame.src = data.frames[slider.value]; frame.alt = `${data.slider} ${shown.textContent}`; }
    showHead();
  }

  slider.addEventListener("input", () => {
    showStop();
    if (data.frames) return;
    clearTimeout(pick); pick = setTimeout(() => send("picked", data.stops[slider.value]), PICK_DELAY_MS);
  });
  slider.addEventListener("pointerdown", () => { press(); sliding = true; });

  // The play head: with `frames`, a picture for each stop, the slider and a drag along the curve move through them here.
  const frame = one(".frame img"), head = one(".head"), play = one("[data-do=play]");
  let timer = 0;

  function updateFilm() {
    const isFilm = (data.frames?.length ?? 0) > 0;
    box.classList.toggle("film", isFilm);
    one(".frame").hidden = !isFilm; play.hidden = !isFilm || data.stops.length < 2;
    if (isFilm && !sliding) showStop();
  }

  function showHead() {
    const axis = graph._fullLayout?.xaxis, place = data.frames && axis ? axis.d2p(along(data.stops[slider.value])) : NaN;
    head.hidden = !(place >= 0 && place <= axis?._length);
    if (head.hidden) return;
    const { l, t, b } = graph._fullLayout.margin;
    Object.assign(head.style, { left: `${l + place}px`, top: `${t}px`, height: `${graph.clientHeight - t - b}px` });
  }

  // The place of a step on the x axis, which may count seconds or evaluations: that of the nearest point of the run's own curve.
  function along(step) {
    const trace = figure.data.find(({ customdata }) => customdata?.length);
    if (!trace) return NaN;
    let best = 0;
    trace.customdata.forEach((other, n) => { if (Math.abs(other - step) < Math.abs(trace.customdata[best] - step)) best = n; });
    return trace.x[best];
  }

  function scrub(event) {
    const axis = graph._fullLayout?.xaxis;
    if (!data.frames || !axis || graph.classList.contains("drags")) return;
    const at = event.clientX - graph.getBoundingClientRect().left - graph._fullLayout.margin.l;
    const places = data.stops.map((stop) => Math.abs(axis.d2p(along(stop)) - at));
    slider.value = places.indexOf(Math.min(...places));
    showStop();
  }

  graph.addEventListener("pointerdown", (event) => { if (event.button === 0) { pause(); scrub(event); } });
  graph.addEventListener("pointermove", (event) => { if (event.buttons & 1) scrub(event); });

  const pause = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; };
  function start() {
    if (Number(slider.value) >= Number(slider.max)) slider.value = 0;
    showStop();
    play.textContent = "Pause";
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      showStop();
      if (Number(slider.value) >= Number(slider.max)) pause();
    }, FRAME_MS);
  }
  play.addEventListener("click", () => (timer ? pause() : start()));
  slider.addEventListener("pointerdown", pause); signal.addEventListener("abort", pause);

  const setZoom = (axis, range) => { zoom[axis] = { range, of: figure.layout[axis].uirevision }; };
  const showAll = () => { delete zoom.xaxis; delete zoom.yaxis; drag = "zoom"; updateTools(); draw(); };

  function zoomBy(factor, shift = 0) {
    const [from, to] = graph.layout.xaxis.range, middle = (from + to) / 2 + shift * (to - from), half = (to - from) / 2 / factor;
    setZoom("xaxis", [middle - half, middle + half]); draw();
  }

  keys.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !graph.data) return;
    const action = { "+": () => zoomBy(1.4), "=": () => zoomBy(1.4), "-": () => zoomBy(1 / 1.4), 0: showAll,
      ArrowLeft: () => zoomBy(1, -0.15), ArrowRight: () => zoomBy(1, 0.15) }[event.key];
    if (action) { event.preventDefault(); action(); }
  });

  const updateTools = () => {
    one("[data-do=zoom]").setAttribute("aria-pressed", box.classList.contains("zooms"));
    one("[data-do=move]").setAttribute("aria-pressed", drag === "pan");
  };

  one(".tools").addEventListener("click", ({ target }) => {
    const tool = target.closest("button")?.dataset.do;
    if (tool === "all") return showAll();
    if (tool === "png") return void downloadPng();
    if (tool === "zoom") { box.classList.toggle("zooms"); drag = "zoom"; }
    if (tool === "move") drag = drag === "pan" ? "zoom" : "pan";
    updateTools(); draw();
  });

  function downloadPng() {
    if (!graph.data) return;
    const { ground } = colours(), height = figure.layout.height + 70, margin = { ...figure.layout.margin, t: 76 };
    const page = { ...layout(), width: Math.max(graph.clientWidth, 640), height, margin, showlegend: true, paper_bgcolor: ground, plot_bgcolor: ground };
    Plotly.downloadImage({ data: traces(), layout: page }, { format: "png", scale: 2, width: page.width, height, filename: data.file });
  }

  trouble.querySelector("button").addEventListener("click", () => begin());

  // While a pointer is down nothing is drawn, because that would end a zoom; after each update the hover is repeated.
  // A press cancels the delay of the last release, so that a drag right after a click is held too.
  let released = 0;
  const press = () => clearTimeout(released);
  const release = () => { press(); released = setTimeout(() => { held = sliding = false; if (stale) draw(); }, RELEASE_MS); };
  keys.addEventListener("pointerdown", () => { press(); held = true; });
  for (const name of ["pointerup", "pointercancel", "blur"]) window.addEventListener(name, release, { signal });
  graph.addEventListener("pointermove", (event) => { pointer = event.pointerType === "mouse" ? event : null; });
  graph.addEventListener("pointerleave", () => { pointer = null; });

  function repeatHover() {
    const { left, top } = graph.getBoundingClientRect(), { l, t } = figure.layout.margin;
    const place = { xpx: pointer.clientX - left - l, ypx: pointer.clientY - top - t };
    if (place.xpx >= 0 && place.ypx >= 0) Plotly.Fx.hover(graph, place, "xy");
  }

  let size = "";
  const resized = new ResizeObserver(() => {
    const now = `${graph.clientWidth} ${graph.clientHeight}`;
    if (now !== size) { size = now; if (figure) draw(); }
  });
  resized.observe(graph);

  // In a frame of another page: tell that page how tall the content is, so that it need not scroll.
  const told = new ResizeObserver(() => window.parent.postMessage({ type: "nst-studio-height", height: document.querySelector("[data-testid=stMainBlockContainer]")?.scrollHeight ?? box.scrollHeight }, "*"));
  if (window.parent !== window) told.observe(document.querySelector("[data-testid=stMainBlockContainer]") ?? box);

  const end = () => { ended.abort(); resized.disconnect(); told.disconnect(); if (graph.data) Plotly.purge(graph); };
  return { update, end };
}

const group = (trace) => trace.legendgroup ?? trace.name;
const plain = (text) => new DOMParser().parseFromString(text, "text/html").documentElement.textContent;

function unpacked(text) {
  const { columns, ...figure } = JSON.parse(text);
  for (const trace of figure.data) for (const name of ["x", "y", "customdata"]) if (name in trace) trace[name] = columns[trace[name]];
  return figure;
}

function swatch({ line, marker, mode }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("width", 26); svg.setAttribute("height", 10); svg.setAttribute("aria-hidden", "true");
  const isLine = mode !== "markers", drawn = document.createElementNS(svg.namespaceURI, isLine ? "line" : "text");
  const attributes = isLine ? { x1: 0, x2: 26, y1: 5, y2: 5, stroke: line.color, "stroke-width": line.width, "stroke-dasharray": DASHES[line.dash] ?? "" }
    : { x: 13, y: 10, fill: marker.color, "text-anchor": "middle", "font-size": 14 };
  for (const [name, value] of Object.entries(attributes)) drawn.setAttribute(name, value);
  if (!isLine) drawn.textContent = SYMBOLS[marker.symbol] ?? SYMBOLS.circle;
  svg.append(drawn);
  return svg;
}

// Plotly's script: gzipped once by the server, and cached by the browser under its address, which contains its hash.
async function fetched(address) {
  const app = document.querySelector('script[src*="static/js/"]');  // also behind a proxy's path
  const url = new URL(address.replace(/^\//, ""), app ? new URL("../../", app.src) : `${location.origin}/`).href;
  const store = await globalThis.caches?.open("nst-plot").catch(() => undefined);  // none without HTTPS
  const packed = (await store?.match(url).catch(() => undefined)) ?? (await asked(url, store));
  const bytes = await new Response(packed.body.pipeThrough(new DecompressionStream("gzip"))).blob();
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  await new Promise((loaded, failed) => { script.onload = loaded; script.onerror = failed; document.head.append(script); });
  URL.revokeObjectURL(script.src);
  return window.Plotly;
}

async function asked(url, store) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const copy = answer.clone();
  await store?.keys().then((old) => Promise.all(old.map((key) => store.delete(key)))).then(() => store.put(url, copy)).catch(() => undefined);
  return answer;
}

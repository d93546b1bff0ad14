const MOST = 12, STEP = 1.4;
export default function ({ parentElement, data }) {
  const one = (s) => parentElement.querySelector(s), box = one(".panes");
  box.style.setProperty("--ratio", data.ratio); box.style.setProperty("--across", data.panes.length);
  box.style.setProperty("--wide", `calc(${data.panes.length} * (${data.tall} * ${data.ratio} + .75rem) - .75rem)`);
  box.setAttribute("aria-label", `${data.panes.map((pane) => pane.label).join(", ")}. Plus and minus zoom, arrow keys move, 0 shows all.`);
  while (box.children.length > data.panes.length) box.lastChild.remove();
  data.panes.forEach((pane, index) => {
    let figure = box.children[index];
    if (!figure) { figure = document.createElement("figure"); figure.append(new Image(), document.createElement("b")); box.append(figure); }
    const [img, label] = figure.children;
    figure.classList.toggle("wait", pane.waiting); img.alt = pane.alt; label.textContent = pane.label;
    if (img.dataset.src !== pane.src) {  // decode first, so that a live picture never blinks
      img.dataset.src = pane.src;
      const next = new Image(); next.src = pane.src;
      next.decode().catch(() => 0).then(() => { if (img.dataset.src === pane.src) img.src = pane.src; });
    }
  });
  if (box.dataset.ready) return;
  box.dataset.ready = "1";

  let zoom = 1, x = .5, y = .5, gap = 0;  // the point in the middle, as shares of a picture
  const held = new Map(), clamp = (value, least, most) => Math.min(most, Math.max(least, value));
  const draw = () => {
    x = clamp(x, .5 / zoom, 1 - .5 / zoom); y = clamp(y, .5 / zoom, 1 - .5 / zoom);
    for (const [name, value] of [["--zoom", zoom], ["--x", `${(.5 - x * zoom) * 100}%`], ["--y", `${(.5 - y * zoom) * 100}%`]]) box.style.setProperty(name, value);
    box.classList.toggle("near", zoom > 1);
    one("output").textContent = `${Math.round(zoom * 100)} %`;
    one("[data-do=out]").disabled = one("[data-do=all]").disabled = zoom <= 1; one("[data-do=in]").disabled = zoom >= MOST;
  };
  const frame = (target, event) => {  // the pointer's place in a pane, from its middle, and the pane's size
    const room = (target.closest("figure") || box.firstChild).getBoundingClientRect();
    return [(event.clientX - room.left) / room.width - .5, (event.clientY - room.top) / room.height - .5, room];
  };
  const zoomBy = (factor, dx = 0, dy = 0) => {  // the point under the pointer keeps its place
    const next = clamp(zoom * factor, 1, MOST);
    x += dx / zoom - dx / next; y += dy / zoom - dy / next; zoom = next; draw();
  };
  const actions = { in: () => zoomBy(STEP), out: () => zoomBy(1 / STEP), all: () => zoomBy(0) };
  for (const button of parentElement.querySelectorAll("button")) button.onclick = actions[button.dataset.do];
  box.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;  // a plain wheel scrolls the page
    event.preventDefault();
    const [dx, dy] = frame(event.target, event);
    zoomBy(Math.exp(-clamp(event.deltaY, -60, 60) / 150), dx, dy);
  }, { passive: false });
  box.ondblclick = (event) => { const [dx, dy] = frame(event.target, event); zoomBy(event.shiftKey ? 1 / 2 : 2, dx, dy); };
  box.onkeydown = (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const action = { "+": "in", "=": "in", "-": "out", "0": "all" }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(action || (move && zoom > 1))) return;
    event.preventDefault();
    if (action) actions[action](); else { x += move[0] * .1 / zoom; y += move[1] * .1 / zoom; draw(); }
  };
  const spread = () => { const [a, b] = [...held.values()]; return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY); };
  box.onpointerdown = (event) => {
    if (event.button) return;
    box.setPointerCapture(event.pointerId);
    held.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY, pane: event.target });
    box.classList.add("held"); if (held.size === 2) gap = spread();
  };
  box.onpointermove = (event) => {
    const last = held.get(event.pointerId);
    if (!last) return;
    const [, , room] = frame(last.pane, event), share = 1 / held.size;  // each of two fingers moves the picture by half
    x -= share * (event.clientX - last.clientX) / room.width / zoom; y -= share * (event.clientY - last.clientY) / room.height / zoom;
    held.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY, pane: last.pane });
    if (held.size !== 2) { draw(); return; }
    const now = spread(), [a, b] = [...held.values()];
    const [dx, dy] = frame(last.pane, { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 });
    zoomBy(now / Math.max(gap, 1), dx, dy); gap = now;
  };
  box.onpointerup = box.onpointercancel = (event) => { held.delete(event.pointerId); box.classList.toggle("held", held.size > 0); };
  draw();
}

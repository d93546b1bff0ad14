export default function ({ parentElement, data, setTriggerValue }) {
  const one = (s) => parentElement.querySelector(s), box = one("figure"), cells = one("[role=radiogroup]"), sheet = one(".sheet > img");
  box.style.width = `min(100%, calc(${data.tall} * ${data.ratio}))`;
  one(".sheet").style.aspectRatio = data.ratio; one(".sheet").classList.toggle("wait", data.waiting);
  for (const [place, ends] of [[".top", data.ends.slice(0, 2)], [".bottom", data.ends.slice(2)]]) {
    one(place).replaceChildren(...ends.map((end) => {
      const span = document.createElement("span"), name = document.createElement("b"); name.textContent = end.title;
      if (end.src) { const img = new Image(); img.src = end.src; img.alt = ""; span.append(img); }
      span.append(name); return span;
    }));
  }
  if (sheet.src !== data.src) {  // decode first, so that a new sheet never blinks
    const next = new Image(); next.src = data.src;
    next.decode().catch(() => 0).then(() => { sheet.src = next.src; });
  }
  sheet.alt = data.alt;
  cells.setAttribute("aria-label", data.label);
  cells.style.gridTemplateColumns = `repeat(${data.across}, 1fr)`;
  const mark = (index) => [...cells.children].forEach((b, i) => {
    b.setAttribute("aria-checked", i === index); b.tabIndex = i === index || (index < 0 && i === 0) ? 0 : -1;
  });
  const names = data.cells.join("\n");
  if (cells.dataset.names !== names) {
    cells.dataset.names = names;
    cells.replaceChildren(...data.cells.map((name) => {
      const b = document.createElement("button"); b.type = "button"; b.title = name;
      b.setAttribute("role", "radio"); b.setAttribute("aria-label", name); return b;
    }));
  }
  const pick = (index) => { mark(index); setTriggerValue("picked", index); };
  cells.onclick = (event) => { const i = [...cells.children].indexOf(event.target.closest("button")); if (i >= 0) pick(i); };
  cells.onkeydown = (event) => {
    const all = [...cells.children], at = all.indexOf(event.target.closest("button"));
    const to = at + ({ ArrowRight: 1, ArrowLeft: -1, ArrowDown: data.across, ArrowUp: -data.across }[event.key] ?? 0);
    if (to === at || !all[to]) return;
    event.preventDefault(); all[to].focus(); pick(to);
  };
  mark(data.picked);
}

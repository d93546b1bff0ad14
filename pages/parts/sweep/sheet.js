export default function ({ parentElement, data, setTriggerValue }) {
  const table = parentElement.querySelector("table"), across = data.across.labels.length;
  const make = (kind, text, more = {}) => {
    const cell = document.createElement(kind), span = document.createElement("span");
    span.textContent = text; cell.append(span);
    for (const [name, value] of Object.entries(more)) cell.setAttribute(name, value);
    return cell;
  };
  const row = (...cells) => { const tr = document.createElement("tr"); tr.append(...cells); return tr; };
  const shape = JSON.stringify([data.id, data.across, data.down]);
  parentElement.querySelector("figure").style.width = `min(100%, calc(${across} * 13rem + 3rem))`;
  if (table.dataset.shape !== shape) {
    table.dataset.shape = shape;
    table.setAttribute("aria-label", data.label);
    const corner = () => Object.assign(document.createElement("td"), { colSpan: 2 });
    const columns = document.createElement("colgroup");
    for (let i = 0; i < across + 2; i++) { const c = document.createElement("col"); if (i < 2) c.style.width = "1.35rem"; columns.append(c); }
    const head = document.createElement("thead"), body = document.createElement("tbody");
    head.append(row(corner(), make("th", data.across.title, { colspan: across, scope: "colgroup" })));
    head.append(row(corner(), ...data.across.labels.map((label) => make("th", label, { scope: "col" }))));
    data.down.labels.forEach((label, r) => {
      const cells = data.across.labels.map((_, c) => {
        const cell = document.createElement("td"), button = document.createElement("button"), img = document.createElement("img");
        button.type = "button"; button.style.aspectRatio = data.ratio; button.dataset.at = r * across + c;
        button.append(img); cell.append(button); return cell;
      });
      const side = make("th", label, { scope: "row", class: "turn" });
      const title = make("th", data.down.title, { scope: "rowgroup", rowspan: data.down.labels.length, class: "side title" });
      body.append(row(...(r ? [] : [title]), side, ...cells));
    });
    table.replaceChildren(columns, head, body);
  }
  const all = [...table.querySelectorAll("button")];
  let stop = all.findIndex((b) => b.tabIndex === 0 && b.dataset.met);
  if (stop < 0) stop = Math.max(data.picked, 0);
  data.cells.forEach((cell, i) => {
    const button = all[i], img = button.firstChild;
    button.dataset.met = "1"; button.tabIndex = i === stop ? 0 : -1;
    button.dataset.state = cell.state; button.title = cell.title; button.setAttribute("aria-pressed", i === data.picked);
    img.alt = cell.alt;
    if (!cell.src) img.removeAttribute("src");
    else if (img.src !== cell.src && img.dataset.next !== cell.src) {  // decode first, so that nothing blinks
      const next = new Image(); img.dataset.next = next.src = cell.src;
      next.decode().catch(() => 0).then(() => { if (img.dataset.next === next.src) img.src = next.src; });
    }
  });
  const focus = (i) => { all.forEach((b, n) => { b.tabIndex = n === i ? 0 : -1; }); all[i].focus(); };
  table.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) { focus(+button.dataset.at); setTriggerValue("picked", +button.dataset.at); }
  };
  table.onkeydown = (event) => {
    const button = event.target.closest("button"), at = button ? +button.dataset.at : -1, column = at % across;
    const to = { ArrowRight: column < across - 1 ? at + 1 : at, ArrowLeft: column > 0 ? at - 1 : at,
      ArrowDown: at + across, ArrowUp: at - across, Home: at - column, End: at - column + across - 1 }[event.key];
    if (!button || to === undefined) return;
    event.preventDefault();
    if (all[to]) focus(to);
  };
}

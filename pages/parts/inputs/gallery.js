export default function ({ parentElement, data: bytes, setTriggerValue }) {
  const data = JSON.parse(new TextDecoder().decode(bytes));
  const group = parentElement.querySelector("[role=radiogroup]");
  group.setAttribute("aria-label", data.label);
  const all = parentElement.querySelector(".all"), host = group.parentElement;
  const mark = (key) => [...group.children].forEach((b, i) => {
    const on = b.dataset.key === key;
    b.setAttribute("aria-checked", on); b.tabIndex = on || (!key && i === 0) ? 0 : -1;
  });
  if (group.packed !== data.items) {
    group.packed = data.items;
    group.replaceChildren(...JSON.parse(data.items).map((item) => {
      const button = document.createElement("button"), img = document.createElement("img");
      img.src = item.src; img.alt = ""; button.append(img);
      button.type = "button"; button.title = item.title; button.dataset.key = item.key;
      button.setAttribute("role", "radio"); button.setAttribute("aria-label", item.alt);
      return button;
    }));
  }
  const pick = (button) => { mark(button.dataset.key); setTriggerValue("picked", button.dataset.key); };
  group.onclick = (event) => { const b = event.target.closest("button"); if (b) pick(b); };
  group.onkeydown = (event) => {
    const go = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!go) return;
    event.preventDefault();
    const all = [...group.children], at = all.indexOf(event.target.closest("button"));
    const next = all[(at + go + all.length) % all.length]; next.focus(); pick(next);
  };
  mark(data.picked);
  // One row that scrolls sideways, and "All" to open it; without the button where everything fits.
  const fold = () => {
    host.classList.toggle("row", data.row && !group.opened);
    all.hidden = !data.row || (!group.opened && group.scrollWidth <= group.clientWidth + 1);
    all.textContent = group.opened ? "One row" : `All ${group.children.length}`;
    all.setAttribute("aria-expanded", Boolean(group.opened));
  };
  all.onclick = () => { group.opened = !group.opened; fold(); };
  if (!group.watched) { group.watched = new ResizeObserver(() => group.fold()); group.watched.observe(group); }
  (group.fold = fold)();
  const chosen = [...group.children].find((b) => b.dataset.key === data.picked);
  if (data.row && chosen && group.shown !== data.picked) {
    const { left, right } = chosen.getBoundingClientRect(), room = group.getBoundingClientRect();
    if (left < room.left || right > room.right) group.scrollLeft += left - room.left - room.width / 3;
  }
  group.shown = data.picked;
}

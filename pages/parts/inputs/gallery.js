export default function ({ parentElement, data: bytes, setTriggerValue }) {
  const data = JSON.parse(new TextDecoder().decode(bytes));
  const group = parentElement.querySelector("[role=radiogroup]");
  group.setAttribute("aria-label", data.label);
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
}

export default function ({ parentElement, data, setTriggerValue }) {
  const list = parentElement.querySelector("ul");
  const names = data.items.map((item) => item.key + item.src.length).join();
  if (list.dataset.names === names) return;
  list.dataset.names = names;
  list.replaceChildren(...data.items.map((item) => {
    const entry = document.createElement("li"), button = document.createElement("button");
    const img = document.createElement("img"), title = document.createElement("b"), text = document.createElement("small");
    img.src = item.src; img.alt = item.alt; img.loading = "lazy";
    title.textContent = item.title; text.textContent = item.text;
    button.type = "button"; button.append(img, title, text);
    button.onclick = () => setTriggerValue("picked", item.key);
    entry.append(button);
    if (data.action) {
      const use = document.createElement("button");
      use.type = "button"; use.className = "use"; use.textContent = data.action;
      use.setAttribute("aria-label", `${data.action}: ${item.title}`);
      use.onclick = () => setTriggerValue("action", item.key);
      entry.append(use);
    }
    return entry;
  }));
}

export default function ({ parentElement, data }) {
  const one = (s) => parentElement.querySelector(s), box = one("figure"), range = one("input");
  const first = !box.dataset.ready;
  if (first) { range.value = data.at; box.dataset.ready = "1"; }
  const move = () => {
    const at = Number(range.value);
    box.style.setProperty("--at", at);
    one(".l").style.opacity = at > 15 ? 1 : 0; one(".r").style.opacity = at < 85 ? 1 : 0;
  };
  range.oninput = move; move();
  box.classList.toggle("wait", data.waiting); box.classList.toggle("alone", data.alone);
  box.style.aspectRatio = data.ratio; box.style.width = `min(100%, calc(${data.tall} * ${data.ratio}))`;
  for (const side of ["before", "after"]) {
    const img = one("." + side); img.alt = data[side].alt;
    if (img.wanted !== data[side].src) {  // decode first, so that a live picture never blinks
      const next = new Image(); img.wanted = next.src = data[side].src;
      next.decode().catch(() => 0).then(() => { if (img.wanted === next.src) img.src = next.src; });  // not one overtaken by a newer
    }
  }
  one(".l").textContent = data.before.label; one(".r").textContent = data.after.label;
  range.setAttribute("aria-label", `Slide between ${data.before.label} and ${data.after.label}`);
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  const block = matchMedia("(max-width: 900px)").matches ? "start" : "nearest";  // on a phone the curves follow below it
  if (first && data.reveal) box.scrollIntoView({ behavior, block });
}

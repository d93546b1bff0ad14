// One set of listeners for the life of the tab, however often Streamlit mounts the element; `ui` is the mounted one.
const BELL = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4"/></svg>';
const IMAGE = /^image\//;
const FIELDS = "input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=file]), textarea, select, "
  + "[contenteditable]:not([contenteditable=false]), [role=textbox], [role=combobox], [role=listbox], [role=menu], [role=grid], [data-testid=stDataFrame]";
const BARS = "[data-testid=stMain] [data-testid=stProgress] [role=progressbar]";
const WAIT_MS = 15000, LOOK_MS = 200;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const kept = {
  get: (name) => { try { return localStorage.getItem(`nst-${name}`); } catch { return null; } },
  put: (name, value) => { try { localStorage.setItem(`nst-${name}`, value); } catch { /* lasts for this page only */ } },
};
const usable = (element) => element && !element.disabled && element.getClientRects().length > 0;
const isTyped = (event) => event.composedPath().some((each) => each.matches?.(FIELDS));
const find = (selector) => [...document.querySelectorAll(selector)].find(usable);
const main = () => document.querySelector("[data-testid=stMain]") ?? document.body;

class Tools {
  shortcuts = kept.get("shortcuts") !== "off";
  notify = kept.get("notify") === "on" && globalThis.Notification?.permission === "granted";
  title = ""; shown = ""; since = 0; ending = 0; path = ""; stopped = 0; overlayTimer = 0; saidTimer = 0; due = 0;

  constructor() {
    document.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("click", (event) => this.onClick(event), true);
    for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, (event) => this.onDrag(event));
    document.addEventListener("drop", (event) => this.onDrop(event));
    document.addEventListener("paste", (event) => this.onPaste(event));
    const push = history.pushState.bind(history);
    history.pushState = (state, title, to) => (this.onlyAdds(to) ? history.replaceState(state, title, to) : push(state, title, to));
    const changes = { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-valuenow"] };
    new MutationObserver(() => this.look()).observe(document.body, changes);
    new MutationObserver(() => this.writeTitle()).observe(document.head, { subtree: true, childList: true, characterData: true });
  }

  // A page that puts its run into its address, for a reload, is no other page: the address without it leads back here
  // at once, so that Back would need one press more. Another run in its place, and another page, are steps as before.
  onlyAdds(to) {
    const now = new URL(location.href), next = new URL(to ?? now, now);
    return next.origin + next.pathname === now.origin + now.pathname && next.search !== now.search
      && [...now.searchParams].every(([name, value]) => next.searchParams.get(name) === value);
  }

  // The mounted element.

  mount(parent, data) {
    this.data = data;
    if (this.ui === parent && parent.isReady) return;
    this.ui = parent; parent.isReady = true;
    this.part(".bell").innerHTML = BELL;
    this.part(".bell").onclick = () => this.askToNotify(!this.notify);
    this.part(".ask").onclick = () => this.part("dialog").showModal();
    this.part(".keys").onchange = (event) => this.switchShortcuts(event.target.checked);
    this.part(".notify").onchange = (event) => this.askToNotify(event.target.checked);
    this.part("dialog").onclick = (event) => { if (event.target.localName === "dialog") event.target.close(); };
    const rows = [{ key: "?", meaning: "Open or close this help" }, ...data.shortcuts];
    this.part("tbody").replaceChildren(...rows.map(({ key, meaning }) => {
      const row = document.createElement("tr"), head = document.createElement("th"), cell = document.createElement("td");
      const cap = document.createElement("kbd");
      cap.textContent = key.toUpperCase(); cell.textContent = meaning; head.scope = "row";
      head.append(cap); row.append(head, cell);
      return row;
    }));
    this.draw(); this.look();
  }

  part(selector) { return this.ui.querySelector(selector); }

  draw() {
    const bell = this.part(".bell"), words = `Notify me when this run ends: ${this.notify ? "on" : "off"}`;
    bell.setAttribute("aria-pressed", this.notify); bell.title = words; bell.setAttribute("aria-label", "Notify me when this run ends");
    bell.hidden = !this.since || !globalThis.Notification;
    this.part(".notify").checked = this.notify; this.part(".keys").checked = this.shortcuts;
    this.part(".notify").disabled = !globalThis.Notification;
    this.part(".note").textContent = this.why ?? (globalThis.Notification ? "" : "This browser shows no notifications.");
  }

  say(words) {
    this.part(".said").textContent = words;
    clearTimeout(this.saidTimer);
    this.saidTimer = setTimeout(() => { this.part(".said").textContent = ""; }, 5000);
  }

  // Shortcuts. Each is a single character, so that they can be switched off (WCAG 2.1.4), and rest in fields.

  switchShortcuts(on) { this.shortcuts = on; kept.put("shortcuts", on ? "on" : "off"); this.draw(); this.label(); }

  onKey(event) {
    const dialog = this.part("dialog");
    if (!this.shortcuts || event.defaultPrevented || event.repeat || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyped(event)) return;
    if (event.key === "?") { if (dialog.open) dialog.close(); else dialog.showModal(); event.preventDefault(); return; }
    const shortcut = this.data.shortcuts.find((each) => each.key === event.key.toLowerCase());
    if (!shortcut || event.shiftKey || dialog.open || document.querySelector("[role=dialog]")) return;
    event.preventDefault();
    const button = this.target(shortcut);
    if (button) button.click();
    else this.say(shortcut.missing);
  }

  target(shortcut) {
    if (shortcut.button !== ".st-key-style_wall") return find(shortcut.button);
    const host = [...document.querySelectorAll(`${shortcut.button} *`)].find((each) => each.shadowRoot && usable(each));
    const styles = [...(host?.shadowRoot.querySelectorAll("[role=radio]") ?? [])];
    return styles[(styles.findIndex((each) => each.getAttribute("aria-checked") === "true") + 1) % (styles.length || 1)];
  }

  label() {
    for (const { key, button } of this.data.shortcuts) for (const each of document.querySelectorAll(button)) {
      if (each.localName !== "button") continue;
      if (this.shortcuts) each.setAttribute("aria-keyshortcuts", key); else each.removeAttribute("aria-keyshortcuts");
    }
  }

  onClick(event) { if (event.composedPath()[0].closest?.(this.data.stop)) this.stopped = Date.now(); }

  // Progress in the title, and the end of a run.

  look() {
    if (this.due) return;  // one look for many changes, and after them: a page is drawn in dozens
    this.due = 1;
    const looked = () => { this.due = 0; this.update(); };
    if (!document.hidden) { setTimeout(looked, LOOK_MS); return; }
    const channel = new MessageChannel();  // a hidden tab holds timers back
    channel.port1.onmessage = () => { channel.port1.close(); looked(); };
    channel.port2.postMessage(0);
  }

  update() {
    const bars = [...document.querySelectorAll(BARS)], path = location.pathname;
    if (path !== this.path) { this.path = path; this.since = 0; }
    if (bars.length) {
      const sum = bars.reduce((total, bar) => total + Number(bar.getAttribute("aria-valuenow") ?? 0), 0);
      this.shown = `${Math.round(sum / bars.length)} %`;
      this.since ||= Date.now(); clearTimeout(this.ending); this.ending = 0;
    } else if (this.since && !this.ending) {
      this.ending = setTimeout(() => this.end(path), 1200);  // a page that is drawn again has no bar for a moment
    } else if (!this.since) this.shown = "";
    this.writeTitle(); this.label();
    if (calm.matches) for (const film of document.querySelectorAll("video[autoplay]")) { film.autoplay = false; film.pause(); }
    if (this.ui) this.part(".bell").hidden = !this.since || !globalThis.Notification;
  }

  end(path) {
    this.ending = 0;
    if (document.querySelector(BARS)) return;
    const seconds = (Date.now() - this.since) / 1000, own = Date.now() - this.stopped < 20000;
    const is_same = this.since && path === location.pathname;
    this.since = 0; this.shown = ""; this.update();
    if (is_same && this.notify && !own && seconds >= this.data.longSeconds && !(document.hasFocus() && !document.hidden)) {
      const failed = main().querySelector(".nst-error");
      this.tell(failed ? "The run ended early" : "Your picture is ready", main().querySelector(".nst-settings")?.textContent ?? "");
    }
  }

  writeTitle() {
    const now = document.title, mine = now === this.written;
    if (!mine) this.title = now;  // Streamlit wrote its own
    const wanted = this.shown ? `${this.shown} - ${this.title}` : this.title;
    if (now !== wanted) { this.written = wanted; document.title = wanted; }
  }

  // Notifications: off until asked for; the browser is asked upon that click alone.

  async askToNotify(on) {
    this.why = undefined;
    const answer = on && globalThis.Notification ? await Notification.requestPermission() : "";
    if (on && answer !== "granted") this.why = "The browser does not allow notifications here; its settings for this site can.";
    this.notify = on && answer === "granted";
    kept.put("notify", this.notify ? "on" : "off");
    this.draw(); this.say(this.why ?? (this.notify ? "You will be told when a long run ends." : "No notifications."));
  }

  async tell(title, body) {
    try {
      const shown = new Notification(title, { body, tag: "nst-run" });
      shown.onclick = () => { window.focus(); shown.close(); };
    } catch {  // phones show only those of a service worker
      const worker = await navigator.serviceWorker?.register(this.home() + this.data.notifier).catch(() => undefined);
      await worker?.showNotification(title, { body, tag: "nst-run" }).catch(() => undefined);
    }
  }

  home() {
    const app = document.querySelector('script[src*="static/js/"]');
    return app ? new URL("../../", app.src).href : new URL("./", location.href).href;
  }

  // Pictures dropped or pasted anywhere go to the page's own uploader.

  onDrag(event) {
    if (!event.dataTransfer?.types.includes("Files") || this.hasOwnDoor(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    const box = this.part(".drop");
    box.firstElementChild.textContent = `Drop it: it becomes ${this.words(this.role(event))}`;
    box.hidden = false;
    clearTimeout(this.overlayTimer);
    this.overlayTimer = setTimeout(() => { box.hidden = true; }, 600);  // dragging on repeats the event
  }

  onDrop(event) {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length || this.hasOwnDoor(event)) return;
    event.preventDefault();  // also if it is prevented already: each uploader does that to drops beside it, and takes none
    this.part(".drop").hidden = true;
    this.take(files, this.role(event));
  }

  onPaste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || (isTyped(event) && event.clipboardData.types.includes("text/plain"))) return;
    event.preventDefault();
    this.take(files, "content");
  }

  hasOwnDoor(event) { return event.composedPath().some((each) => each.matches?.("[data-testid=stFileUploaderDropzone], [data-own-drop]")); }

  role(event) { return event.composedPath().some((each) => each.matches?.(".st-key-picker_style")) ? "style" : "content"; }

  words(role) { return role === "style" ? "the style" : "your photograph"; }

  async take(files, role) {
    // A browser knows a file's type by its name alone; the page looks inside, and says what is wrong with it.
    const picture = files.find((file) => IMAGE.test(file.type)) ?? files[0];
    const input = await this.uploader(role);
    if (!input) { this.say("This page takes no picture; open Fast or Slow."); return; }
    const transfer = new DataTransfer();
    for (const file of input.multiple ? files : [picture]) transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    if (input.multiple && files.length > 1) { this.say(`${files.length} files become your photographs.`); return; }
    const others = ["", " The other one was left out."][files.length - 1] ?? ` The other ${files.length - 1} were left out.`;
    this.say(`${picture.name} becomes ${this.words(role)}.${others}`);
  }

  // The uploader of a role; its source is chosen, its inputs are unfolded, or the page Fast is opened first.
  async uploader(role) {
    const picker = `.st-key-picker_${role}`, input = `${picker} [data-testid=stFileUploader] input[type=file]`;
    if (!document.querySelector(picker)) {
      const other = document.querySelector("[data-testid=stMain] [data-testid=stFileUploader] input[type=file]");
      if (other && !other.accept.includes(".mp4")) return other;
      (find(this.data.unfold) ?? [...document.querySelectorAll("a")].find((a) => new URL(a.href, location.href).pathname.endsWith("/fast")))?.click();
      if (!await this.until(() => document.querySelector(picker))) return null;
    }
    if (!document.querySelector(input)) {
      const source = () => [...document.querySelectorAll(`.st-key-picker_source_${role} button`)].find((b) => b.textContent.trim() === "Upload");
      if (!await this.until(source)) return null;
      source().click();
    }
    return this.until(() => document.querySelector(input));
  }

  async until(found) {
    for (const end = Date.now() + WAIT_MS; Date.now() < end; await new Promise((go) => setTimeout(go, 60))) if (found()) return found();
    return null;
  }
}

export default function ({ parentElement, data }) {
  const tools = (globalThis.nstPageTools ??= new Tools());
  tools.mount(parentElement, JSON.parse(new TextDecoder().decode(data)));
}

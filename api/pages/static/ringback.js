// What the pages do beyond HTML and htmx, each part driven by attributes in the markup:
//   data-countdown="INSTANT"     counts down to it, then up; `soon` and `late` are classes; data-ahead and data-late their words
//   data-key="a" / "g d"         the key, or keys in turn, that press or open the element (never while somebody types)
//   data-announce="TEXT"         is read out when it arrives; data-announce-now interrupts; data-chime also sounds
//   data-sound, data-shortcuts   checkboxes by which sound and keys are chosen, kept on this device
//   data-connection              the banner for a lost connection (data-lost, data-crowded and data-back are its texts)
//   data-keep="NAME"             a form whose typed values survive reload, sign-in and a lost connection in this tab
//   data-once                    a form that is sent once, however often it is clicked
//   data-confirm="TEXT"          asked before the form is sent; on a button, before it sends the form
(() => {
  "use strict";
  const all = (selector, root = document) => [
    ...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];
  const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };

  // Countdowns: one timer for all of them.
  const two = (number) => String(number).padStart(2, "0");
  const clockOf = (seconds) => {
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  };
  const count = () => {
    for (const element of all("[data-countdown]")) {
      const left = Math.ceil((Date.parse(element.dataset.countdown) - Date.now()) / 1000);
      if (Number.isNaN(left)) continue;
      element.classList.toggle("late", left < 0);
      element.classList.toggle("soon", left >= 0 && left <= Number(element.dataset.soon ?? 300));
      const late = left < 0 ? ` ${element.dataset.late ?? ""}` : "";
      const ahead = left >= 0 && element.dataset.ahead ? `${element.dataset.ahead} ` : "";
      const text = ahead + clockOf(Math.abs(left)) + late.trimEnd();
      if (element.textContent !== text) element.textContent = text;
    }
  };

  // Saying: a live region is emptied first, or the same words twice would be read once.
  const say = (text, now = false) => {
    const region = document.querySelector(now ? "[data-announcer-now]" : "[data-announcer]");
    if (!region) return;
    region.textContent = "";
    setTimeout(() => { region.textContent = text; }, 60);
  };
  let audio;
  const chime = () => {
    if (recall("ringback.sound") !== "on") return;
    audio ??= new AudioContext();
    for (const [at, pitch] of [[0, 660], [0.16, 880]]) {
      const tone = audio.createOscillator(), volume = audio.createGain(), start = audio.currentTime + at;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.12, start);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.28);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.3);
    }
  };
  const said = new Set();
  const announce = (root) => {
    for (const element of all("[data-announce]", root)) {
      const key = element.dataset.announceKey ?? element.dataset.announce;
      if (said.has(key)) continue;
      said.add(key);
      say(element.dataset.announce, "announceNow" in element.dataset);
      if ("chime" in element.dataset) chime();
    }
  };
  // Choices of this device: sound is off until it is wanted, keys are on until they are not.
  const CHOICES = [["[data-sound]", "ringback.sound", false], ["[data-shortcuts]", "ringback.keys", true]];
  const choices = (root) => {
    for (const [selector, name, usual] of CHOICES) {
      for (const box of all(selector, root)) {
        box.checked = (recall(name) ?? (usual ? "on" : "off")) === "on";
        box.addEventListener("change", () => {
          try { localStorage.setItem(name, box.checked ? "on" : "off"); } catch { /* not kept */ }
          if (box.checked && selector === "[data-sound]") chime();
        });
      }
    }
  };

  // Keys.
  let first = "", since = 0;
  const typing = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const pressedBy = (keys) => keys ? all("[data-key]").find((element) =>
    element.dataset.key.toLowerCase() === keys && !element.disabled && element.checkVisibility()) : undefined;
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of all("details[data-menu][open]")) { menu.open = false; menu.firstElementChild.focus(); }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (typing(event.target) || recall("ringback.keys") === "off") return;
    // The place of the key, not its letter: with a Hebrew layout the same key is pressed.
    const key = /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key;
    if (!isAnswered()) {
      event.preventDefault();
      if (key !== sender) early.push([key, Date.now()]);
    } else if (press(key, Date.now())) event.preventDefault();
  });
  const press = (key, at) => {
    const turn = at - since < 1200 && first ? `${first} ${key}` : "";
    [first, since] = [key, at];
    const found = pressedBy(turn) ?? (turn.startsWith("g ") ? undefined : pressedBy(key));
    if (!found) return false;
    [first, sender] = ["", key];
    if (found.matches("input:not([type=checkbox]), textarea, select")) found.focus(); else found.click();
    return true;
  };

  // A form on its way: keys that are pressed meanwhile mean what its answer shows, and wait for it; but for its own key,
  // which was pressed twice. Whoever has waited this long for an answer presses something else.
  const PATIENCE = 5000, early = [];
  let sent, sentAt = 0, sender = "";
  const isAnswered = () => !sent || Date.now() - sentAt > PATIENCE;
  addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement.matches("form[method=post]")) [sent, sentAt] = [ctx, Date.now()];
  });
  const answered = ({ detail: { ctx } }) => {
    if (ctx !== sent) return;
    sent = undefined;
    const main = document.querySelector("main");
    if (ctx.target === main && !main.contains(document.activeElement)) {
      (main.querySelector("[aria-invalid=true]") ?? main).focus({ preventScroll: true });
      (main.querySelector("[aria-invalid=true]") ?? document.body).scrollIntoView({ block: "nearest" });
    }
    while (early.length && isAnswered()) {
      const [key, at] = early.shift();
      if (Date.now() - at < PATIENCE) press(key, at);
    }
    if (isAnswered()) sender = "";
  };
  // What is chosen in a list is no attribute: a part that is changed in place says it anew, but for the one in hand.
  addEventListener("htmx:after:swap", () => {
    for (const list of all("#editor select")) {
      if (list !== document.activeElement) for (const one of list.options) one.selected = one.defaultSelected;
    }
  });
  // A button of the editor takes all that was typed along; what was typed just before and asked by itself would undo it.
  let deed;
  addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement.matches("#rule [name=deed]")) deed = ctx;
    else if (deed && ctx.sourceElement.id === "rule") event.preventDefault();
  });
  const done = ({ detail: { ctx } }) => { if (ctx === deed) deed = undefined; };
  for (const end of ["htmx:finally:swap", "htmx:finally:request"]) addEventListener(end, done);
  for (const end of ["htmx:finally:swap", "htmx:finally:request"]) addEventListener(end, answered);
  addEventListener("click", (event) => {
    for (const menu of all("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // Connection: lost while anything says so, back when nothing does.
  const out = new Set();
  const connection = (who, isLost, isCrowded = false) => {
    const banner = document.querySelector("[data-connection]"), before = out.size > 0;
    if (isLost) out.add(who); else out.delete(who);
    const after = out.size > 0;
    if (!banner || before === after) return;
    banner.textContent = !after ? banner.dataset.back : isCrowded ? banner.dataset.crowded : banner.dataset.lost;
    banner.classList.toggle("good", !after);
    banner.hidden = false;
    if (!after) setTimeout(() => { if (!out.size) banner.hidden = true; }, 4000);
  };
  const isStream = (element) => element.matches?.("[hx-sse\\:connect]");
  // A stream that never began is not begun again by the extension: do so here.
  const again = (element) => setTimeout(() => {
    if (element.isConnected) htmx.ajax("GET", element.getAttribute("hx-sse:connect"), { source: element });
  }, 3000);
  addEventListener("offline", () => connection("network", true));
  addEventListener("online", () => connection("network", false));
  addEventListener("htmx:sse:error", (event) => {
    // Signed out, here or elsewhere: what is on the page is no longer for whoever looks at it.
    const status = event.detail.status;
    if (status === 401) location.reload(); else connection("stream", true, status === 429);
  });
  addEventListener("htmx:sse:after:connection", () => connection("stream", false));
  addEventListener("htmx:after:request", () => connection("request", false));
  for (const failure of ["htmx:error", "htmx:response:error"]) {
    addEventListener(failure, (event) => {
      const status = event.detail.ctx?.response?.status;
      const crowded = status === 429 && isStream(event.target);
      if (!event.detail.ctx || (status && status < 500 && !crowded)) return;
      if (isStream(event.target)) { connection("stream", true, crowded); again(event.target); } else if (!status) connection("request", true);
    });
  }

  // Forms.
  const values = (form) => [...form.elements].filter((one) => one.name && !["hidden", "password", "file", "submit"].includes(one.type) && one.type !== "button");
  const slot = (form) => `ringback.kept.${form.dataset.keep}`;
  const keep = (form) => {
    const kept = values(form).map((one) => ["checkbox", "radio"].includes(one.type) ? [one.name, one.value, one.checked] : [one.name, one.value]);
    try { sessionStorage.setItem(slot(form), JSON.stringify(kept)); } catch { /* full or forbidden: the page still works */ }
  };
  const restore = (form) => {
    let kept;
    try { kept = JSON.parse(sessionStorage.getItem(slot(form)) ?? "null"); } catch { kept = null; }
    for (const [name, value, checked] of kept ?? []) {
      for (const one of values(form).filter((each) => each.name === name)) {
        if (checked === undefined) { if (value) one.value = value; }
        else if (one.value === value) one.checked = checked;
      }
    }
    form.dataset.restored = "";
  };
  addEventListener("input", (event) => { const form = event.target.closest?.("form[data-keep]"); if (form) keep(form); });
  addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
    if (question && !confirm(question)) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    if ("once" in form.dataset) {
      if ("sent" in form.dataset) { event.preventDefault(); event.stopImmediatePropagation(); return; }
      form.dataset.sent = "";
      setTimeout(() => delete form.dataset.sent, 5000);
    }
  }, true);
  // Who signs out leaves nothing of customers in this tab.
  addEventListener("submit", (event) => {
    // A field may be called "action", and then hides the form's own.
    if (!event.target.getAttribute("action")?.startsWith("/sign-out")) return;
    for (const key of Object.keys(sessionStorage).filter((one) => one.startsWith("ringback.kept."))) sessionStorage.removeItem(key);
  });
  addEventListener("pageshow", () => { for (const form of all("form[data-sent]")) delete form.dataset.sent; });
  // A page that says so has taken what was typed: `data-taken="NAME"` forgets it.
  const forget = (root) => { for (const one of all("[data-taken]", root)) sessionStorage.removeItem(`ringback.kept.${one.dataset.taken}`); };

  // The theme changes at once; the form tells the server for the next page.
  addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-choice]"), value = event.submitter?.value;
    if (!form || !value) return;
    event.preventDefault();
    if (value === "system") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = value;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === value));
    const body = new URLSearchParams({ theme: value, back: "/" });
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => connection("request", true));
  });

  const prepare = (root) => {
    forget(root);
    for (const form of all("form[data-keep]:not([data-restored])", root)) restore(form);
    choices(root);
    announce(root);
    count();
  };
  // On a narrow screen the page that is shown may stand past the edge of its menu.
  const here = () => { for (const one of all(".tabs [aria-current], .rail nav [aria-current]")) one.scrollIntoView({ block: "nearest", inline: "center" }); };
  const begin = () => { prepare(document); here(); setInterval(count, 1000); };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin); else begin();
  // What htmx swaps in is prepared before it is painted; a countdown that was morphed is counted at once.
  new MutationObserver((changes) => {
    let stale = false;
    for (const { target, addedNodes } of changes) {
      if (target instanceof Element && target.closest("[data-countdown]")) { stale = true; continue; }
      for (const node of addedNodes) if (node instanceof Element) prepare(node);
    }
    if (stale) count();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();

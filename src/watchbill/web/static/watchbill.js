/* Watchbill: the one script. Every page works without it; with it, pages stay true by themselves.
   1 clock  2 countdowns  3 live  4 refresh  5 keys  6 theme  7 forms */
(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector, inside = document) => inside.querySelector(selector);
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const STALE = 10000;

  /* 1 clock: the server's, carried on by a timer that no one can set ------------- */
  let base = Date.parse(root.dataset.now || ""), mark = performance.now();
  const known = () => !Number.isNaN(base);
  const serverNow = () => base + (performance.now() - mark);
  const setClock = (iso) => { const at = Date.parse(iso); if (!Number.isNaN(at)) { base = at; mark = performance.now(); } };
  const pad = (n) => String(n).padStart(2, "0");
  const hm = (ms) => { const d = new Date(ms); return pad(d.getUTCHours()) + ":" + pad(d.getUTCMinutes()); };
  const hms = (ms) => hm(ms) + ":" + pad(new Date(ms).getUTCSeconds());

  /* 2 countdowns: the same words as the server's (web/times.py) ------------------- */
  const two = (big, unit, small, smallUnit) => `${big} ${unit}` + (small ? ` ${small} ${smallUnit}` : "");
  const span = (seconds) => {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 60) return `${s} s`;
    if (s < 3600) return two(Math.floor(s / 60), "min", s % 60, "s");
    if (s < 172800) return two(Math.floor(s / 3600), "h", Math.floor(s % 3600 / 60), "min");
    const days = Math.floor(s / 86400);
    return days < 10 ? two(days, "days", Math.floor(s % 86400 / 3600), "h") : `${days} days`;
  };
  const countdown = (seconds) => {
    const s = Math.max(0, Math.ceil(seconds));
    if (s >= 21600) return span(s);
    const h = Math.floor(s / 3600), m = Math.floor(s % 3600 / 60);
    return h ? `${h}:${pad(m)}:${pad(s % 60)}` : `${m}:${pad(s % 60)}`;
  };
  const say = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  let looked = 0;
  const tick = () => {
    if (!known()) return;
    watch();
    if (stale) return;
    const now = serverNow();
    let over = false;
    for (const node of all("time[data-until]")) {
      const left = (Date.parse(node.dateTime) - now) / 1000;
      say(node, countdown(left));
      if (left <= 0 && left > -20) over = true;
    }
    for (const node of all("time[data-since]")) say(node, span((now - Date.parse(node.dateTime)) / 1000));
    for (const node of all("progress[data-from]")) {
      const from = Date.parse(node.dataset.from), to = Date.parse(node.dataset.to);
      node.max = 1000;
      node.value = Math.min(1000, Math.max(0, 1000 * (now - from) / (to - from || 1)));
    }
    const mine = one("#clock-mine"), utc = one("#clock-utc");
    if (mine) say(mine, hm(now + Number(root.dataset.offset || 0) * 60000));
    if (utc) say(utc, hm(now));
    if (over && performance.now() - looked > 2000) refresh();   // what was due has happened: look
  };

  /* 3 live: one stream of signals; each says only that something changed ----------- */
  let stale = false, beat = Date.now(), wait = 1000, stream = null;
  const live = "live" in root.dataset;
  const watch = () => {
    if (!live) return;
    const old = Date.now() - beat;
    if (old > STALE && !stale) { stale = true; one("#not-live-since") && say(one("#not-live-since"), hms(serverNow() - old)); show(); }
    if (stale) { const badge = one("#live"); if (badge) say(badge, `${Math.round(old / 1000)} s old`); }
  };
  const show = () => {
    const strip = one("#not-live"), badge = one("#live");
    if (strip) strip.hidden = !stale;
    if (badge) { badge.hidden = false; badge.classList.toggle("is-amber", stale); if (!stale) say(badge, "Live"); }
  };
  const heard = (iso) => {
    beat = Date.now();
    wait = 1000;
    setClock(iso);
    if (stale) { stale = false; refresh(); }
    show();
  };
  const connect = () => {
    stream = new EventSource(root.dataset.live);
    stream.addEventListener("beat", (event) => heard(event.data));
    stream.addEventListener("changed", (event) => { heard(event.data); soon(); });
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return;    // the browser tries again by itself
      setTimeout(connect, wait + Math.random() * 500);
      wait = Math.min(30000, wait * 2);
    });
  };

  /* 4 refresh: read this page again, replace the parts that changed and nobody is typing in ---- */
  const seen = new Map();
  const plain = (html) => html
    .replace(/(<time[^>]*data-(?:until|since)[^>]*>)[^<]*/g, "$1")
    .replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "")
    .replace(/(<progress[^>]*?)value="[^"]*"/g, "$1");
  const inUse = (part) => {
    const focus = document.activeElement;
    if (focus && part.contains(focus) && focus.matches("input, textarea, select")) return true;
    return all("details[data-keep][open], input[type=checkbox]:checked, [data-hold]", part).length > 0;
  };
  let busy = false, again = false, timer = 0;
  const soon = () => { clearTimeout(timer); timer = setTimeout(refresh, 80 + Math.random() * 200); };
  const refresh = async () => {
    if (!live) return;
    if (busy) { again = true; return; }
    busy = true;
    looked = performance.now();
    try {
      const answer = await fetch(location.href, { headers: { "X-Watchbill-Refresh": "1" }, cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(8000) });
      if (answer.type === "opaqueredirect" || answer.status === 404) location.reload();   // signed out, or no longer ours to see
      else if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the stream says when we are no longer live */ }
    busy = false;
    if (again) { again = false; soon(); }
  };
  const swap = (page) => {
    setClock(page.documentElement.dataset.now);
    document.title = page.title;
    let waits = false;
    for (const part of all("[data-live][id]")) {
      const fresh = page.getElementById(part.id);
      if (!fresh) continue;
      const html = plain(fresh.innerHTML);
      if (seen.get(part.id) === html) continue;
      if (inUse(part)) { waits = true; continue; }
      seen.set(part.id, html);
      const focus = document.activeElement && part.contains(document.activeElement) ? document.activeElement.id : "";
      const open = all("details[open][id]", part).map((node) => node.id);
      part.className = fresh.className;
      part.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
      for (const id of open) { const node = document.getElementById(id); if (node) node.open = true; }
      ready(part);
      if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    }
    if (!waits) document.body.className = page.body.className;
    const news = one("[data-speak]", page)?.textContent.trim(), before = root.dataset.spoken;
    if (news && before !== undefined && news !== before) say(one("#say"), news);
    if (news) root.dataset.spoken = news;
    tick();
  };

  /* 5 keys: a acknowledges, n writes a note, l a learning, ? lists them; they can be turned off --- */
  const keysOn = () => localStorage.getItem("watchbill-keys") !== "off";
  const typing = (node) => node && node.matches("textarea, input:not([type=checkbox], [type=radio], [type=submit], [type=button]), select, [contenteditable]");
  const acknowledge = (asked) => {
    const button = one("[data-key-a]");
    if (!button) return;
    if (asked && !confirm(button.textContent.trim() + "?")) return;
    if (button.form) button.form.requestSubmit(button); else button.click();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !keysOn()) return;
    const focus = document.activeElement;
    if (typing(focus) || one("dialog[open]")) return;
    if (event.key === "a") acknowledge(focus && focus !== document.body && focus.matches("input, button, summary"));
    else if (event.key === "n" && one("#note")) { event.preventDefault(); one("#note").focus(); }
    else if ((event.key === "n" || event.key === "l") && one("#learn")) { event.preventDefault(); one("#learn").showModal(); }
    else if (event.key === "?" && one("#keys")) one("#keys").showModal();
  });

  /* 6 theme: as the system, dark, light -------------------------------------------- */
  const paint = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax` + (location.protocol === "https:" ? "; secure" : "");
    try { if (theme) localStorage.setItem("watchbill-theme", theme); else localStorage.removeItem("watchbill-theme"); } catch { /* no storage */ }
  };
  const next = { "": "dark", dark: "light", light: "" }, named = { "": "as the system", dark: "dark", light: "light" };
  const label = (form) => {
    const now = root.dataset.theme || "", button = one("button", form);
    button.setAttribute("aria-label", `Colours: ${named[now]}. Change to ${named[next[now]]}`);
  };
  try { const kept = localStorage.getItem("watchbill-theme"); if (!root.dataset.theme && kept && kept in next) paint(kept); } catch { /* no storage */ }

  /* 7 forms: one submit only; tick all; theme without a reload ---------------------- */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-theme-form]")) { event.preventDefault(); paint(next[root.dataset.theme || ""]); label(form); return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    if ((form.method || "get") !== "post") return;
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button) setTimeout(() => { button.setAttribute("aria-busy", "true"); }, 0);
    setTimeout(() => { delete form.dataset.sent; button?.removeAttribute("aria-busy"); }, 6000);
  });
  const count = () => {
    const bar = one("#bulk-bar");
    if (!bar) return;
    const n = all("input[name=number]:checked").length;
    say(one("#bulk-count"), n ? `${n} chosen` : "Nothing chosen");
    for (const button of all("button[name=act]", bar)) button.setAttribute("aria-disabled", n ? "false" : "true");
    const every = one("#bulk-all");
    if (every) every.checked = n > 0 && n === all("input[name=number]").length;
  };
  document.addEventListener("change", (event) => {
    if (event.target.id === "bulk-all") for (const box of all("input[name=number]")) box.checked = event.target.checked;
    if (event.target.matches("#bulk-all, input[name=number]")) count();
    if (event.target.id === "keys-on") localStorage.setItem("watchbill-keys", event.target.checked ? "on" : "off");
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-print], [data-open-keys], [data-open-learn], [data-close], [aria-disabled=true]");
    if (!button) return;
    if (button.matches("[aria-disabled=true]")) event.preventDefault();
    else if (button.matches("[data-print]")) window.print();
    else if (button.matches("[data-open-keys]")) { event.preventDefault(); one("#keys")?.showModal(); }
    else if (button.matches("[data-open-learn]") && one("#learn")) { event.preventDefault(); one("#learn").showModal(); }
    else if (button.matches("[data-close]")) button.closest("dialog")?.close();
  });
  const others = () => one(".nav-more[open]");                     // the rest of the header: a press beside it, or Escape, closes it
  document.addEventListener("click", (event) => { if (others() && !others().contains(event.target)) others().open = false; });
  document.addEventListener("keydown", (event) => { const menu = others(); if (menu && event.key === "Escape") { menu.open = false; one("summary", menu).focus(); } });
  document.addEventListener("toggle", (event) => {              // one open drawer at a time
    if (event.target.open && event.target.matches(".acts > details")) for (const other of all(".acts > details[open]")) if (other !== event.target) other.open = false;
  }, true);
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"], MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  addEventListener("beforeprint", () => {
    for (const node of all("details[data-print-open]:not([open])")) { node.open = true; node.dataset.closed = ""; }
    if (!known() || stale) return;
    const at = new Date(serverNow() + Number(root.dataset.offset || 0) * 60000);
    for (const node of all("[data-printed]")) say(node, `${DAYS[at.getUTCDay()]} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${hm(at.getTime())}`);
  });
  addEventListener("afterprint", () => { for (const node of all("details[data-closed]")) { node.open = false; delete node.dataset.closed; } });
  const ready = (inside) => {
    for (const node of all("[data-script]", inside)) node.hidden = false;
    count();
    document.dispatchEvent(new Event("watchbill:fresh"));       // for the scripts of single pages
  };

  for (const form of all("[data-theme-form]")) label(form);
  for (const part of all("[data-live][id]")) seen.set(part.id, plain(part.innerHTML));
  const spoken = one("[data-speak]");
  root.dataset.spoken = spoken ? spoken.textContent.trim() : "";
  const box = one("#keys-on");
  if (box) box.checked = keysOn();
  ready(document);
  if (known()) { tick(); setInterval(tick, 500); }
  if (live) {
    connect();
    setInterval(() => { if (!document.hidden && !stale) refresh(); }, 30000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    addEventListener("pagehide", () => stream?.close());
    navigator.serviceWorker?.register("/sw.js").catch(() => { /* no offline page then; the page You says so where it matters */ });
  }
})();

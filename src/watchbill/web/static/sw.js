/* Watchbill's service worker: rings, acknowledges from the notification, and says plainly when the desk cannot be reached.
   It keeps one page that shows no state, and nothing else. GIVEN stands before this file; web/views/push.py writes it.
   1 offline  2 ring  3 buttons  4 a subscription that changes */
"use strict";

const WAITS = [0, 1000, 3000, 7000, 15000];   // ms before each try to tell the desk
const PATIENCE = 8000;                        // ms for one answer
const SYNC = "acknowledge";
const UNTOLD = "Could not reach the desk: it does not know. Tap to open, or call.";

/* 1 offline ------------------------------------------------------------------- */
self.addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(GIVEN.cache);
  await cache.addAll(GIVEN.kept.map((path) => new Request(path, { cache: "reload", credentials: "omit" })));
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("watchbill-") && name !== GIVEN.cache).map((name) => caches.delete(name)));
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const path = request.url.slice(self.location.origin.length);
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(GIVEN.offline)));
  else if (GIVEN.kept.includes(path)) event.respondWith(fetch(request).catch(() => caches.match(path)));
});

/* 2 ring ------------------------------------------------------------------------ */
self.addEventListener("push", (event) => {
  let said = null;
  try { said = event.data.json(); } catch { /* not ours, or of a release to come: ring all the same */ }
  event.waitUntil(ring(said && said.v === 1 ? said : { v: 1, kind: "page", tag: "watchbill", title: "Watchbill", body: "Something needs you. Tap to open the desk.", url: "/" }));
});

const ring = async (said) => {
  const there = await self.registration.getNotifications({ tag: said.tag });
  const known = there.map((each) => each.data || {});
  if (known.some((each) => each.at > said.at)) return;                          // what is newer stands there already
  if (known.some((each) => each.id === said.id && each.answered)) return;       // the same again, answered here
  const again = known.some((each) => each.id === said.id);
  const asks = Boolean(said.acknowledge), news = said.kind === "status";
  await self.registration.showNotification(said.title, {
    body: said.body, tag: said.tag, data: said, timestamp: said.at, icon: GIVEN.icon, badge: GIVEN.badge,
    requireInteraction: !news, renotify: !news && !again, silent: news,
    ...(news ? {} : { vibrate: [400, 150, 400, 150, 800] }),
    actions: asks ? [{ action: "acknowledge", title: "Acknowledge" }, { action: "open", title: "Open" }] : [{ action: "open", title: "Open" }],
  });
};

/* 3 buttons ----------------------------------------------------------------------- */
self.addEventListener("notificationclick", (event) => {
  const said = event.notification.data || {}, title = event.notification.title;
  if (event.action === "acknowledge" && said.acknowledge) { event.waitUntil(acknowledge(said, title)); return; }
  event.notification.close();
  event.waitUntil(open(said));
});

self.addEventListener("sync", (event) => {
  if (event.tag === SYNC) event.waitUntil((async () => {
    const waiting = (await self.registration.getNotifications()).filter((each) => each.data && each.data.untold);
    await Promise.all(waiting.map((each) => acknowledge(each.data, each.title)));
  })());
});

const acknowledge = async (said, title) => {
  await say(said, title, "Telling the desk ...", { busy: true });
  for (const wait of WAITS) {
    if (wait) await new Promise((done) => { setTimeout(done, wait); });
    const answer = await tell(here(said.acknowledge));
    if (answer) { await say(said, title, answer.text, { answered: true }); return; }
  }
  await say(said, title, UNTOLD, { untold: true });
  await self.registration.sync?.register(SYNC).catch(() => { /* a browser without it: the sentence says what to do */ });
};

/* The answer of the desk, or nothing when it was not reached. */
const tell = async (path) => {
  try {
    const answer = await fetch(path, { method: "POST", credentials: "omit", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status >= 500 || answer.status === 429) return null;
    return await answer.json();
  } catch { return null; }
};

const say = (said, title, body, { busy = false, answered = false, untold = false }) => self.registration.showNotification(title, {
  body, tag: said.tag, data: { ...said, answered, untold }, timestamp: said.at, icon: GIVEN.icon, badge: GIVEN.badge,
  requireInteraction: busy || untold, renotify: untold, silent: !untold,
  actions: untold ? [{ action: "acknowledge", title: "Try again" }, { action: "open", title: "Open" }] : busy ? [] : [{ action: "open", title: "Open" }],
});

/* An address of the desk, on the name by which this browser knows it. */
const here = (address) => { const url = new URL(address || "/", self.location.origin); return url.pathname + url.search; };

const open = async (said) => {
  const buttons = "maxActions" in Notification && Notification.maxActions > 0;
  const path = here(said.acknowledge && !said.answered && !buttons ? said.ask : said.url);   // without buttons the page has the button
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((each) => here(each.url) === path);
  return there ? there.focus() : self.clients.openWindow(path);
};

/* 4 a subscription that changes ----------------------------------------------------- */
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil((async () => {
  const old = event.oldSubscription;
  if (!old) return;                                                                // the page You sees it and offers to ring again
  const fresh = event.newSubscription || await self.registration.pushManager.subscribe(old.options);
  await fetch(GIVEN.renew, { method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ old, new: fresh }) });
})()));

/* Watchbill: the section This device of the page You. Without it the list of devices works, and this device cannot be added. */
(() => {
  "use strict";
  const section = document.querySelector("#devices");
  if (!section) return;
  const part = section.querySelector("[data-device]"), state = section.querySelector("[data-device-state]"), form = section.querySelector("[data-device-form]");
  const READY = 10000, SUBSCRIBED = 20000, ANSWERED = 10000;            // ms
  const WHERE = "An administrator of the desk can say more; mail and the other methods go on working.";

  const say = (text, colour = "") => { state.textContent = text; state.className = colour ? `call is-${colour} small` : "small"; };
  const within = (promise, ms, text) => Promise.race([promise, new Promise((_, fail) => { setTimeout(() => fail(new Error(text)), ms); })]);
  const bytes = (web64) => Uint8Array.from(atob(web64.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const same = (one, other) => one && one.byteLength === other.byteLength && new Uint8Array(one).every((byte, at) => byte === other[at]);
  const hash = async (text) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const key = bytes(section.dataset.key);

  /* Why this browser cannot ring, as a sentence; empty when it can. */
  const whyNot = () => {
    if (!window.isSecureContext) return "This page is not open over https, and browsers let only secure pages ring. Open the desk by its https address.";
    if (/iPhone|iPad/.test(navigator.userAgent) && !navigator.standalone) return "On an iPhone or iPad the desk must be on the home screen first: Share, then Add to Home Screen, then open it from there and come back to this page.";
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return "This browser cannot ring: it has no web push. Use another browser on this device, or rely on your other methods.";
    if (Notification.permission === "denied") return "This browser was told never to notify for this desk. Open its settings for this site, allow notifications, then reload this page.";
    return "";
  };

  const registration = async () => {
    await navigator.serviceWorker.register("/sw.js");
    return within(navigator.serviceWorker.ready, READY, "The part of the desk that rings did not start on this device. Reload the page and try again.");
  };

  const look = async () => {
    part.hidden = false;
    const why = whyNot();
    if (why) { say(why, "amber"); return; }
    const known = await navigator.serviceWorker.getRegistration("/").catch(() => null);
    const current = known && await within(known.pushManager.getSubscription(), READY, "").catch(() => null);
    const hashed = current ? await hash(current.endpoint) : "";
    const row = hashed && section.querySelector(`li[data-endpoint="${hashed}"]`);
    if (row) {
      row.querySelector("[data-device-here]").hidden = false;
      if (row.querySelector("[data-device-remove]") && Notification.permission === "granted") { say("This device rings for you.", ""); return; }
    }
    say("This device does not ring for you.");
    form.hidden = false;
  };

  const subscribe = async () => {
    const permission = await Notification.requestPermission();
    if (permission === "denied") throw new Error("You said no, or the browser did for you. To change that, open its settings for this site, allow notifications, then reload.");
    if (permission !== "granted") throw new Error("The question was closed without an answer. Press the button again and choose Allow.");
    const ready = await registration();
    const old = await ready.pushManager.getSubscription();
    if (old && !same(old.options.applicationServerKey, key)) await old.unsubscribe();   // made for another desk at this address
    const late = `The browser's push service did not answer within ${SUBSCRIBED / 1000} s. Is there a network, and is push allowed on it? Try again later. ${WHERE}`;
    return within(ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }), SUBSCRIBED, late);
  };

  const tell = async (subscription) => {
    const answer = await fetch(section.dataset.add, {
      method: "POST", body: JSON.stringify(subscription), redirect: "error", signal: AbortSignal.timeout(ANSWERED),
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    }).catch(() => null);
    if (!answer) throw new Error("The desk did not answer, so this device does not ring yet. Try again.");
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).message || `The desk refused it (${answer.status}). Reload the page and try again.`);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const button = form.querySelector("button");
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    say("Asking the browser ...");
    try {
      await tell(await subscribe());
      location.reload();
    } catch (error) {
      const refused = error.name === "NotAllowedError" || error.name === "AbortError";
      say(refused ? `The browser did not subscribe this device: ${error.message}. In a private window this never works. ${WHERE}` : error.message, "amber");
    }
    button.removeAttribute("aria-busy");
  });

  for (const remove of section.querySelectorAll("[data-device-remove]")) remove.addEventListener("submit", async (event) => {
    const row = remove.closest("li");
    if (row.querySelector("[data-device-here]").hidden || remove.dataset.done) return;
    event.preventDefault();
    event.stopPropagation();
    remove.dataset.done = "1";
    try {
      const known = await navigator.serviceWorker.getRegistration("/");
      await within((await known.pushManager.getSubscription())?.unsubscribe() ?? Promise.resolve(), READY, "");
    } catch { /* the desk forgets it in any case */ }
    remove.submit();
  });

  look();
})();

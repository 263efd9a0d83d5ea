/* Watchbill: offer a swap from a picture. A drag, a tap or Enter on a watch of mine leads to the form of a swap with both watches in it;
   nothing is saved on the way. Without this script the form is reached by its link.
   1 picture  2 choose by keys  3 drag */
(() => {
  "use strict";
  const pick = document.getElementById("swap-pick");
  if (!pick) return;
  const root = document.documentElement, { give, take } = pick.elements;
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const words = (node) => node.dataset.words || node.querySelector("title")?.textContent || node.textContent.trim();
  const speak = (text) => { const say = document.getElementById("say"); if (say) say.textContent = text; };
  const go = (mine, theirs) => location.assign(`${pick.getAttribute("action").split("#")[0]}?${new URLSearchParams({ give: mine, take: theirs })}#new`);

  /* 1 picture: what can be given is reached by Tab; a drawing that has such parts is a group, not an image ------ */
  const dress = () => {
    for (const drawing of all("svg.strip")) {
      all("[data-give]", drawing).forEach((node, n) => {
        drawing.setAttribute("role", "group");
        node.id = `give-${all("svg.strip").indexOf(drawing)}-${n}`;
        node.setAttribute("tabindex", "0");
        node.setAttribute("role", "button");
        node.setAttribute("aria-label", `Swap this watch: ${words(node)}`);
      });
    }
    for (const link of all("a.swap-this")) { link.setAttribute("role", "button"); }
    mark();
  };

  /* 2 choose by keys: the list beside the picture ---------------------------------------------------------------- */
  let opener = "";
  const mark = () => {
    for (const node of all(".is-target")) node.classList.remove("is-target");
    if (pick.hidden || !take.value) return;
    for (const node of all("[data-take]")) node.classList.toggle("is-target", node.dataset.take === take.value);
  };
  const open = (node) => {
    const theirs = new Map(all("[data-take]").map((each) => [each.dataset.take, words(each)]));
    if (!theirs.size) { location.assign(`/swaps?${new URLSearchParams({ give: node.dataset.give })}#new`); return; }
    opener = node.matches("a, [tabindex]") ? node.id : node.querySelector("a.swap-this")?.id || "";
    give.value = node.dataset.give;
    document.getElementById("pick-given").textContent = words(node);
    take.replaceChildren(...[...theirs].map(([value, text]) => new Option(text, value)));
    take.selectedIndex = 0;
    pick.hidden = false;
    take.focus();
    mark();
  };
  const leave = () => {
    pick.hidden = true;
    mark();
    document.getElementById(opener)?.focus();
    speak("Nothing was changed.");
  };
  const given = (target) => target.closest?.("[data-give]");
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-leave]")) { leave(); return; }
    const node = given(event.target);
    if (!node || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!dragged) open(node);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) { drop(); speak("Nothing was changed."); return; }
    if (event.key === "Escape" && !pick.hidden) { event.preventDefault(); leave(); return; }
    if (event.key === "Enter" && event.target === take && take.value) { event.preventDefault(); go(give.value, take.value); return; }
    if ((event.key === "Enter" || event.key === " ") && event.target.matches("svg [data-give], a.swap-this")) {
      event.preventDefault();
      open(given(event.target));
    }
  });
  take.addEventListener("change", () => { mark(); document.querySelector(".is-target")?.scrollIntoView({ block: "nearest" }); });

  /* 3 drag: by mouse or pen; a finger scrolls, and taps ------------------------------------------------------------ */
  let drag = null, dragged = false;
  const drop = () => {
    drag.node.removeAttribute("data-hold");
    drag.ghost?.remove();
    for (const node of all(".is-target")) node.classList.remove("is-target");
    root.classList.remove("swapping");
    drag = null;
    mark();
  };
  const under = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-take]");
  document.addEventListener("pointerdown", (event) => {
    dragged = false;
    const node = given(event.target);
    if (!node || event.button !== 0 || event.pointerType === "touch") return;
    drag = { node, x: event.clientX, y: event.clientY, ghost: null };
    node.setAttribute("data-hold", "");
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (!drag.ghost) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 6) return;
      dragged = true;
      root.classList.add("swapping");
      getSelection().removeAllRanges();
      drag.ghost = document.createElement("div");
      drag.ghost.className = "ghost";
      document.body.append(drag.ghost);
    }
    const target = under(event);
    drag.ghost.textContent = target ? `Swap for ${words(target)}` : words(drag.node);
    drag.ghost.style.translate = `${Math.min(event.clientX + 12, innerWidth - drag.ghost.offsetWidth - 8)}px ${event.clientY + 14}px`;
    for (const node of all("[data-take]")) node.classList.toggle("is-target", Boolean(target) && node.dataset.take === target.dataset.take);
  });
  document.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { node } = drag, target = dragged && under(event);
    drop();
    if (target) go(node.dataset.give, target.dataset.take);
    else if (dragged) speak("Nothing was changed.");
  });
  document.addEventListener("pointercancel", () => { if (drag) drop(); });

  document.addEventListener("watchbill:fresh", dress);
  dress();
})();

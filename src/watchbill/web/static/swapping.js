/* Watchbill: swap from a picture. A drag, a tap or Enter on a watch of mine leads to the form of an offer with both watches in it; for a
   manager also one on a watch of somebody else, to the form that swaps those of two others. Nothing is saved on the way. Without this
   script both forms are reached by their links.
   1 picture  2 choose by keys  3 drag */
(() => {
  "use strict";
  const pick = document.getElementById("swap-pick");
  if (!pick) return;
  const root = document.documentElement, { give, take } = pick.elements;
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const words = (node) => node.dataset.words || node.querySelector("title")?.textContent || node.textContent.trim();
  const speak = (text) => { const say = document.getElementById("say"); if (say) say.textContent = text; };
  const others = pick.dataset.others, sources = others ? "[data-give], [data-take]" : "[data-give]";
  const value = (node) => node.dataset.give || node.dataset.take;
  const holder = (node) => value(node).split(" ")[2];
  const fits = (node, target) => (node.dataset.give ? Boolean(target.dataset.take) : holder(target) !== holder(node));
  const targets = (node) => all(node.dataset.give ? "[data-take]" : sources).filter((each) => fits(node, each));
  const go = (node, target) => {  // a watch of mine is given, whichever of the two was taken hold of
    const [first, second] = target.dataset.give ? [target, node] : [node, target];
    const path = first.dataset.give ? pick.getAttribute("action").split("#")[0] : others;
    location.assign(`${path}?${new URLSearchParams({ give: value(first), take: value(second) })}${first.dataset.give ? "#new" : "#preview"}`);
  };

  /* 1 picture: what can be given is reached by Tab; a drawing that has such parts is a group, not an image ------ */
  const dress = () => {
    root.classList.toggle("swaps-others", Boolean(others));
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
    for (const node of all("[data-give], [data-take]")) node.classList.toggle("is-target", value(node) === take.value);
  };
  const named = (text) => all("[data-give], [data-take]").find((each) => value(each) === text);
  const open = (node) => {
    const theirs = new Map(targets(node).map((each) => [value(each), words(each)])), isMine = Boolean(node.dataset.give);
    const form = isMine ? pick.getAttribute("action").split("#")[0] : others;
    if (!theirs.size) { location.assign(`${form}?${new URLSearchParams({ give: value(node) })}#new`); return; }
    opener = node.matches("a, [tabindex]") ? node.id : node.querySelector("a.swap-this")?.id || "";
    give.value = value(node);
    for (const part of all("[data-if-mine]", pick)) part.hidden = !isMine;
    for (const part of all("[data-if-others]", pick)) part.hidden = isMine;
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
  const given = (target) => target.closest?.(sources);
  const send = () => { if (take.value && named(give.value) && named(take.value)) go(named(give.value), named(take.value)); };
  pick.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-leave]")) { leave(); return; }
    const node = given(event.target);
    if (!node || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!node.dataset.give && !event.target.closest("a.swap-this")) return;  // a tap on somebody else's is one on its sign
    event.preventDefault();
    if (!dragged) open(node);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) { drop(); speak("Nothing was changed."); return; }
    if (event.key === "Escape" && !pick.hidden) { event.preventDefault(); leave(); return; }
    if (event.key === "Enter" && event.target === take && take.value) { event.preventDefault(); send(); return; }
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
    for (const node of all(".is-target, .may-take")) node.classList.remove("is-target", "may-take");
    root.classList.remove("swapping");
    drag = null;
    mark();
  };
  const under = (event) => {
    const node = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-give], [data-take]");
    return node && targets(drag.node).includes(node) ? node : null;
  };
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
      for (const each of targets(drag.node)) each.classList.add("may-take");
      getSelection().removeAllRanges();
      drag.ghost = document.createElement("div");
      drag.ghost.className = "ghost";
      document.body.append(drag.ghost);
    }
    const target = under(event);
    drag.ghost.textContent = target ? `Swap for ${words(target)}` : words(drag.node);
    drag.ghost.style.translate = `${Math.min(event.clientX + 12, innerWidth - drag.ghost.offsetWidth - 8)}px ${event.clientY + 14}px`;
    for (const node of targets(drag.node)) node.classList.toggle("is-target", Boolean(target) && value(node) === value(target));
  });
  document.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { node } = drag, target = dragged && under(event);
    drop();
    if (target) go(node, target);
    else if (dragged) speak("Nothing was changed.");
  });
  document.addEventListener("pointercancel", () => { if (drag) drop(); });

  document.addEventListener("watchbill:fresh", dress);
  dress();
})();

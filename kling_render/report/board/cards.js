// Cards: filters, tooltips, copying, keys. Everything is delegated, so that cards can be replaced while it runs.
"use strict";

const main = document.getElementById("cards");
const filters = document.querySelector("#filters form");
const tip = document.getElementById("tip");
const said = document.getElementById("said");
const words = new WeakMap();
let silence = 0;

function say(text) {
  said.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { said.textContent = ""; }, 4000);
}

// ── filters

function textOf(card) {
  if (!words.has(card)) {
    const addresses = [...card.querySelectorAll("[data-copy]")].map((each) => each.dataset.copy);
    const note = card.querySelector("textarea");
    words.set(card, [card.textContent, note ? note.value : "", ...addresses].join(" ").toLocaleLowerCase());
  }
  return words.get(card);
}

function fits(card, wanted, sought) {
  const own = wanted.length ? JSON.parse(card.dataset.filters) : {};
  return wanted.every(([key, value]) => (own[key] || []).includes(value)) && (!sought || textOf(card).includes(sought));
}

function filter() {
  const chosen = new FormData(filters);
  const sought = chosen.get("words").trim().toLocaleLowerCase();
  const wanted = [...chosen].filter(([key, value]) => key !== "words" && value);
  let shown = 0, all = 0;
  for (const section of main.querySelectorAll("section")) {
    let here = 0;
    for (const card of section.querySelectorAll(".card")) {
      card.hidden = !fits(card, wanted, sought);
      here += card.hidden ? 0 : 1;
      all += 1;
    }
    section.hidden = !here;
    shown += here;
  }
  document.getElementById("none").hidden = shown > 0 || !all;
  filters.querySelector("output").textContent = shown === all ? `${all} card${all === 1 ? "" : "s"}` : `${shown} of ${all} cards`;
}

filters.addEventListener("input", filter);
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("reset", () => setTimeout(filter));

// ── where a value comes from

function showTip(mark) {
  const name = document.createElement("b");
  name.textContent = mark.dataset.name;
  tip.replaceChildren(name, ` ${mark.dataset.source}`);
  tip.hidden = false;
  const box = mark.getClientRects()[0], own = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left), innerWidth - own.width - 8);
  const above = box.top - own.height - 6;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${above > 8 ? above : box.bottom + 6}px`;
  mark.setAttribute("aria-describedby", "tip");
}

function hideTip(event) {
  tip.hidden = true;
  event.target.removeAttribute?.("aria-describedby");
}

for (const [enter, leave] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
  main.addEventListener(enter, (event) => { if (event.target.matches("mark")) showTip(event.target); });
  main.addEventListener(leave, (event) => { if (event.target.matches("mark")) hideTip(event); });
}
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

// ── buttons

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1500);
  say(`Copied: ${text}`);
}

main.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches(".copy")) copy(button);
  if (button?.matches(".more")) {
    const open = button.previousElementSibling.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "less" : "whole prompt";
  }
});

// Videos get their controls when somebody comes near: 500 sets of controls are slow, and loud to a screen reader.
for (const near of ["pointerover", "focusin"]) {
  main.addEventListener(near, (event) => { if (event.target.matches(".take video")) event.target.controls = true; });
}
main.addEventListener("click", (event) => {
  const video = event.target;
  if (video.matches(".take video") && video.preload === "none" && video.paused) {
    event.preventDefault();
    video.preload = "auto";
    video.play().catch(() => say("This clip cannot be played here."));
  }
});
main.addEventListener("play", (event) => {
  for (const other of main.querySelectorAll(".take video[controls]")) if (other !== event.target) other.pause();
}, true);

// ── keys

function step(by) {
  const cards = [...main.querySelectorAll(".card")].filter((card) => !card.hidden);
  const at = cards.indexOf(document.activeElement.closest(".card"));
  const next = cards[at < 0 ? 0 : Math.min(Math.max(at + by, 0), cards.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") tip.hidden = true;
  if (event.target.matches("input, select, textarea")) return;
  const act = { "/": () => filters.elements.words.focus(), j: () => step(1), k: () => step(-1), p: () => document.querySelector(".play")?.click() }[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

// The player: the takes that stand in the film, one after the other; placeholders stand for as long as is planned.
"use strict";

const player = document.getElementById("player");
const screens = [...player.querySelectorAll("video")];
const still = player.querySelector(".still");
const line = player.querySelector(".line");
const film = { parts: [], cuts: [], part: -1, cut: -1, front: 0, since: 0, held: 0, playing: false, frame: 0 };

function clock(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

// Every cut of the film: parts are cut again where their clip is.
function cutsOf(parts) {
  return parts.flatMap((part, at) => part.cuts.map((begin, inside) => ({
    at, inside, begin, start: part.start + begin, end: part.start + (part.cuts[inside + 1] ?? part.seconds),
  })));
}

function openFilm(number) {
  film.parts = JSON.parse(document.getElementById("film").textContent)[number] || [];
  if (!film.parts.length) return;
  film.cuts = cutsOf(film.parts);
  line.replaceChildren(...film.cuts.map((cut, index) => {
    const part = film.parts[cut.at], button = document.createElement("button");
    button.type = "button";
    button.dataset.cut = index;
    button.style.flexGrow = Math.max(cut.end - cut.start, 0.1);
    button.setAttribute("aria-label", `${part.label}${part.cuts.length > 1 ? `, cut ${cut.inside + 1}` : ""} at ${clock(cut.start)}`);
    button.classList.toggle("missing", part.choice === "missing");
    button.classList.toggle("inside", cut.inside > 0);
    button.append(document.createElement("i"));
    return button;
  }));
  for (const video of main.querySelectorAll(".take video[controls]")) video.pause();
  player.showModal();
  film.part = film.cut = -1;
  film.playing = true;
  seek(0);
}

const sourceOf = (part) => document.getElementById(part.take)?.querySelector("video")?.getAttribute("src") || "";

function load(video, source) {
  if (video.dataset.source === source) return;
  video.dataset.source = source;
  if (source) video.src = source;
  else video.removeAttribute("src");
  video.preload = "auto";
}

// Show a part from so many seconds after its begin on.
function enter(at, offset) {
  const part = film.parts[at], source = sourceOf(part);
  if (at !== film.part) {
    film.front = screens[1 - film.front].dataset.source === source && source ? 1 - film.front : film.front;
    film.part = at;
  }
  const video = screens[film.front];
  screens[1 - film.front].pause();
  load(video, source);
  part.broken = part.broken || !source;
  hold(part, offset);
  if (!part.broken) {
    if (Math.abs(video.currentTime - offset) > 0.02) video.currentTime = offset;
    if (film.playing) start(video, part);
    else video.pause();
  }
  show(part);
  const next = film.parts[at + 1];
  if (next && sourceOf(next) && sourceOf(next) !== source) load(screens[1 - film.front], sourceOf(next));
}

function start(video, part) {
  video.play().catch((error) => {
    if (error.name === "AbortError") return;
    if (error.name === "NotAllowedError" && !video.muted) {
      mute(true);
      start(video, part);
    } else fail(video);
  });
}

// A clip that cannot be played becomes a placeholder of its length.
function fail(video) {
  const part = film.parts[film.part];
  if (!part || video !== screens[film.front] || part.broken || !video.dataset.source) return;
  part.broken = true;
  show(part);
  hold(part, film.held);
}

function show(part) {
  const broken = part.broken, figure = document.getElementById(part.take) || document.getElementById(part.card);
  screens.forEach((video, at) => video.classList.toggle("on", !broken && at === film.front));
  still.classList.toggle("on", broken);
  const frame = figure?.querySelector(".frame > :is(svg, img)")?.cloneNode(true);
  const poster = figure?.querySelector("video")?.getAttribute("poster");
  if (broken && !frame && poster) {
    const picture = new Image();
    picture.src = poster;
    picture.alt = "";
    still.replaceChildren(picture);
  } else still.replaceChildren(...(broken && frame ? [frame] : []));
}

// The clock of placeholders.
function hold(part, offset) {
  film.held = offset;
  film.since = performance.now();
}

function position() {
  const part = film.parts[film.part];
  if (!part.broken) {
    const video = screens[film.front];
    return part.start + (video.seeking ? film.held : Math.min(video.currentTime, part.seconds));
  }
  const passed = film.playing ? (performance.now() - film.since) / 1000 : 0;
  return part.start + Math.min(film.held + passed, part.seconds);
}

function seek(index) {
  const cut = film.cuts[Math.min(Math.max(index, 0), film.cuts.length - 1)];
  enter(cut.at, cut.begin);
  tick();
}

function tick() {
  cancelAnimationFrame(film.frame);
  if (!player.open) return;
  const now = position(), part = film.parts[film.part], end = part.start + part.seconds;
  if (film.playing && (now >= end - 0.005 || (!part.broken && screens[film.front].ended))) {
    if (film.part + 1 < film.parts.length) {
      enter(film.part + 1, 0);
      return tick();
    }
    play(false);
  }
  tell(now);
  if (film.playing) film.frame = requestAnimationFrame(tick);
}

function tell(now) {
  let index = film.cuts.findLastIndex((cut) => cut.at === film.part && cut.start <= now + 0.001);
  if (index < 0) index = film.cuts.findIndex((cut) => cut.at === film.part);
  const cut = film.cuts[index], buttons = line.children;
  if (index !== film.cut) {
    film.cut = index;
    announce(cut, now);
    [...buttons].forEach((button, at) => {
      button.firstChild.style.transform = `scaleX(${at < index ? 1 : 0})`;
      at === index ? button.setAttribute("aria-current", "true") : button.removeAttribute("aria-current");
    });
  }
  const done = Math.min(Math.max((now - cut.start) / (cut.end - cut.start || 1), 0), 1);
  buttons[index].firstChild.style.transform = `scaleX(${done})`;
  const last = film.parts[film.parts.length - 1];
  player.querySelector(".time").textContent = `${clock(now)} / ${clock(last.start + last.seconds)}`;
}

const CHOICES = { missing: "no take yet", stale: "picked for an older prompt", first: "first take: nothing is picked" };

function announce(cut, now) {
  const part = film.parts[cut.at];
  player.querySelector(".slug b").textContent = part.label;
  player.querySelector(".slug span").textContent = part.address;
  player.querySelector(".caption").textContent = part.words[cut.inside] ?? "";
  player.querySelector(".choice").textContent = CHOICES[part.choice] || part.choice;
  player.dispatchEvent(new CustomEvent("cut", { detail: { index: film.cut, planned: cut.start, at: now } }));
}

function play(on) {
  const part = film.parts[film.part], video = screens[film.front];
  if (on && position() >= part.start + part.seconds - 0.01 && film.part === film.parts.length - 1) return again();
  hold(part, position() - part.start);
  film.playing = on;
  if (!part.broken && on) start(video, part);
  if (!on) video.pause();
  const button = player.querySelector("[data-do=toggle]");
  button.querySelector("use").setAttribute("href", on ? "#i-pause" : "#i-play");
  button.setAttribute("aria-label", on ? "Pause" : "Play");
  if (on) tick();
}

function again() {
  film.part = film.cut = -1;
  film.playing = true;
  seek(0);
  play(true);
}

function mute(on) {
  screens.forEach((video) => { video.muted = on; });
  player.querySelector("[data-do=mute]").checked = on;
}

const acts = {
  toggle: () => play(!film.playing),
  previous: () => seek(position() - film.cuts[film.cut].start > 1 ? film.cut : film.cut - 1),
  next: () => (film.cut + 1 < film.cuts.length ? seek(film.cut + 1) : undefined),
  mute: () => mute(!screens[0].muted),
  close: () => player.close(),
};

screens.forEach((video) => video.addEventListener("error", () => fail(video)));
player.addEventListener("close", () => {
  film.playing = false;
  cancelAnimationFrame(film.frame);
  screens.forEach((video) => video.pause());
});
player.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.cut) seek(Number(button.dataset.cut));
  else if (button) acts[button.dataset.do]?.();
  else if (event.target.closest(".screen")) acts.toggle();
});
player.addEventListener("change", (event) => { if (event.target.matches("[data-do=mute]")) mute(event.target.checked); });
document.addEventListener("keydown", (event) => {
  if (!player.open) return;
  const act = { ArrowLeft: "previous", ArrowRight: "next", m: "mute", " ": event.target.matches("button, input") ? "" : "toggle" }[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  acts[act]();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest(".play");
  if (button) openFilm(Number(button.dataset.reel));
});

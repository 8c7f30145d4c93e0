// Live: what changed comes from the server that the page came from; picks and notes go back to it.
"use strict";

async function send(act, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(act, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
  const told = answer ? await answer.json().catch(() => ({})) : {};
  say(told.message || "The server does not answer.");
  return { ...told, ok: Boolean(answer?.ok) };
}

// Put the new page in the place of the old one, card by card; one in which somebody writes or watches waits.
function isBusy(element) {
  const isWritten = (note) => note === document.activeElement || note.value !== note.defaultValue;
  const isWatched = (video) => !video.paused;
  return [...element.querySelectorAll("textarea")].some(isWritten) || [...element.querySelectorAll("video")].some(isWatched);
}

const textsOf = (element) => new Map([...element.querySelectorAll(".card")].map((card) => [card.id, card.outerHTML]));
const known = textsOf(main);  // as they came from the server

// Give a list these elements, in this order. A busy one stays where it is, even if it is not among them: what is moved
// loses the cursor that stands in it.
function arrange(list, wanted) {
  for (const each of [...list.children]) if (!wanted.includes(each) && !isBusy(each)) each.remove();
  let next = list.firstElementChild;
  for (const each of wanted) {
    if (each !== next && !(each.parentElement === list && isBusy(each))) list.insertBefore(each, next);
    next = each.nextElementSibling;
  }
}

function newestCard(card) {
  const old = document.getElementById(card.id), html = card.outerHTML;
  if (old && (isBusy(old) || known.get(card.id) === html)) return old;
  known.set(card.id, html);
  if (!old) return card;
  const focused = old.contains(document.activeElement) ? nameOf(old, document.activeElement) : "";
  const open = [...old.querySelectorAll("details[open]")].map(labelOf);
  old.replaceWith(card);
  for (const each of card.querySelectorAll("details")) each.open = open.includes(labelOf(each));
  if (focused) (focused === ":scope" ? card : card.querySelector(focused))?.focus();
  return card;
}

function newestSection(section) {
  const version = section.getAttribute("aria-label");
  const old = [...main.querySelectorAll("section")].find((each) => each.getAttribute("aria-label") === version);
  const cards = [...section.querySelectorAll(".card")].map(newestCard);
  if (old) old.querySelector("header").replaceWith(section.querySelector("header"));
  arrange((old || section).querySelector(".cards"), cards);
  return old || section;
}

// Returns whether a card waits.
function replaceCards(fresh) {
  const wanted = textsOf(fresh);
  arrange(main, [...fresh.children].map((each) => (each.matches("section") ? newestSection(each) : each)));
  const isNew = [...wanted].every(([id, html]) => known.get(id) === html);
  return !isNew || [...wanted.keys()].join() !== [...main.querySelectorAll(".card")].map((card) => card.id).join();
}

// What a fold holds: the same in the card that takes the place of its own.
const labelOf = (fold) => (fold.closest(".take")?.id ?? "") + fold.querySelector("summary").textContent;

// How to find an element again in the card that takes the place of its own.
function nameOf(card, element) {
  if (element === card) return ":scope";
  const key = ["data-address", "data-copy", "data-name"].find((each) => element.hasAttribute(each));
  return element.tagName.toLowerCase() + (key ? `[${key}=${CSS.escape(element.getAttribute(key))}]` : "");
}

let later = 0;

async function refresh() {
  clearTimeout(later);
  const answer = await fetch("./", { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const waiting = replaceCards(fresh.getElementById("cards"));
  document.getElementById("top").replaceChildren(...fresh.getElementById("top").children);
  document.getElementById("film").textContent = fresh.getElementById("film").textContent;
  for (const select of filters.querySelectorAll("select")) {
    const options = fresh.querySelector(`#filters select[name=${CSS.escape(select.name)}]`);
    const value = select.value;
    if (options && options.innerHTML !== select.innerHTML) {
      select.replaceChildren(...options.children);
      select.value = [...select.options].some((each) => each.value === value) ? value : "";
    }
  }
  filter();
  clearTimeout(later);
  if (waiting) later = setTimeout(refresh, 2000);
}

main.addEventListener("click", (event) => {
  const button = event.target.closest(".pick");
  if (button) send(button.getAttribute("aria-pressed") === "true" ? "unpick" : "pick", { address: button.dataset.address });
});

// Keep a note, unless others have written another since it was begun: then theirs is shown, and the next time counts.
async function keep(form) {
  const note = form.querySelector("textarea"), text = note.value, before = note.defaultValue;
  const body = { variant: form.dataset.variant, text, edited_from: before };
  const told = text === before ? { ok: true } : await send("note", body);
  if (told.ok) note.defaultValue = text;
  if (told.ok || told.note !== undefined) form.querySelector(".theirs")?.remove();
  if (told.note !== undefined) showTheirs(form, note, told.note);
}

function showTheirs(form, note, text) {
  const theirs = document.createElement("p");
  theirs.className = "notes theirs";
  theirs.dir = "auto";
  theirs.textContent = text ? `Written meanwhile: ${text}` : "The note was taken away meanwhile.";
  form.append(theirs);
  note.defaultValue = text;
}

let kept = Promise.resolve();  // one after the other: each is edited from what the one before has left
function keepNext(form) {
  kept = kept.then(() => keep(form));
}

main.addEventListener("submit", (event) => {
  event.preventDefault();
  keepNext(event.target);
});
main.addEventListener("change", (event) => { if (event.target.matches(".note textarea")) keepNext(event.target.form); });

document.addEventListener("keydown", (event) => {
  if (event.target.matches("textarea") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit();
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const card = document.activeElement.closest(".card");
  if (card && /^[1-9]$/.test(event.key)) card.querySelector(`.pick[data-number="${event.key}"]`)?.click();
});

// Why the page is out of date, for as long as it is.
function warn(text) {
  const trouble = document.getElementById("trouble");
  if (trouble.textContent !== text) trouble.textContent = text;
  trouble.hidden = !text;
}

// A browser has six connections for a server: a tab that nobody sees gives its own back.
let events = null;

function watch() {
  events?.close();
  if (document.hidden) return;
  events = new EventSource("events");
  events.addEventListener("change", () => {
    warn("");
    refresh();
  });
  events.addEventListener("trouble", (event) => warn(`The page is out of date: ${JSON.parse(event.data)}`));
  events.addEventListener("error", () => warn("The page is out of date: the server does not answer."));
}

document.addEventListener("visibilitychange", watch);
watch();

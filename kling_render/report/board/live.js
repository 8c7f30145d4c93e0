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
function isBusy(card) {
  const note = card.querySelector("textarea");
  const video = [...card.querySelectorAll("video")].some((each) => !each.paused);
  return video || (note && (note === document.activeElement || note.value !== note.defaultValue));
}

const known = new Map([...main.querySelectorAll(".card")].map((card) => [card.id, card.outerHTML]));

function replaceCards(fresh) {
  let waiting = false;
  for (const card of fresh.querySelectorAll(".card")) {
    const old = document.getElementById(card.id), html = card.outerHTML;
    if (!old || known.get(card.id) === html) continue;
    if (isBusy(old)) {
      waiting = true;
      continue;
    }
    known.set(card.id, html);
    const focused = old.contains(document.activeElement) ? nameOf(old, document.activeElement) : "";
    const open = [...old.querySelectorAll("details[open]")].map(labelOf);
    old.replaceWith(card);
    for (const each of card.querySelectorAll("details")) each.open = open.includes(labelOf(each));
    if (focused) (focused === ":scope" ? card : card.querySelector(focused))?.focus();
  }
  return waiting;
}

// What a fold holds: the same in the card that takes the place of its own.
const labelOf = (fold) => (fold.closest(".take")?.id ?? "") + fold.querySelector("summary").textContent;

// How to find an element again in the card that takes the place of its own.
function nameOf(card, element) {
  if (element === card) return ":scope";
  const key = ["data-address", "data-copy", "data-name"].find((each) => element.hasAttribute(each));
  return element.tagName.toLowerCase() + (key ? `[${key}=${CSS.escape(element.getAttribute(key))}]` : "");
}

async function refresh() {
  const answer = await fetch("./", { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const ids = (page) => [...page.querySelectorAll(".card")].map((card) => card.id).join();
  const isSame = ids(fresh) === ids(document);
  const waiting = isSame ? replaceCards(fresh) : false;
  if (isSame) {
    const old = document.querySelectorAll("section > header");
    fresh.querySelectorAll("section > header").forEach((header, at) => old[at].replaceWith(header));
  } else {
    main.replaceChildren(...fresh.getElementById("cards").children);
    for (const card of main.querySelectorAll(".card")) known.set(card.id, card.outerHTML);
  }
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
  if (waiting) setTimeout(refresh, 2000);
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

const events = new EventSource("events");
events.addEventListener("change", refresh);
events.addEventListener("trouble", (event) => say(JSON.parse(event.data)));
events.addEventListener("error", () => say("The server does not answer: the page shows what was known last."));

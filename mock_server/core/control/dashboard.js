// Fetches the middle of the page anew every second, and sends the forms without leaving it.
"use strict";

const live = document.getElementById("live");
const said = document.getElementById("said");
let last = "";

async function refresh() {
  try {
    const answer = await fetch("/__mock__/dashboard.html", { cache: "no-store" });
    const text = await answer.text();
    if (answer.ok && text !== last) {
      last = text;
      live.innerHTML = text;
    }
    if (said.dataset.lost) {
      said.textContent = "";
      delete said.dataset.lost;
    }
  } catch {
    said.textContent = "The server does not answer.";
    said.dataset.lost = "yes";
  }
}

for (const form of document.forms) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
    const answer = await fetch(form.action, options).catch(() => null);
    const body = answer ? await answer.json().catch(() => ({})) : {};
    said.textContent = answer && answer.ok ? `Done: ${form.querySelector("button").textContent}.`
      : (body.error && body.error.message) || "The server does not answer.";
    await refresh();
  });
}

setInterval(() => { if (!document.hidden) refresh(); }, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

// The review by keyboard: j and k move, Enter opens, l locks, x excludes, / searches, ? helps, Esc closes.
// Every act is a link or a button of the page, so nothing here is needed.
"use strict";

const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
let at = "";

function rows() {
  return [...document.querySelectorAll("table.pairs tbody tr[id]")];
}

function current() {
  return document.getElementById(at) || document.querySelector("table.pairs tr.is-selected");
}

function go(step) {
  const all = rows();
  if (!all.length) return;
  const place = all.indexOf(current());
  const next = all[Math.min(Math.max(place + step, 0), all.length - 1)];
  for (const row of all) row.classList.toggle("is-at", row === next);
  at = next.id;
  next.querySelector("a.opens").focus();
}

function press(selector) {
  const row = current();
  const place = row ? row.querySelector(selector) : null;
  if (!place) return;
  sessionStorage.setItem("review-at", row.id);
  place.click();
}

// What was decided reloads the page: the next key goes on from the same row.
function comeBack() {
  const row = document.getElementById(sessionStorage.getItem("review-at"));
  sessionStorage.removeItem("review-at");
  if (!row) return;
  at = row.id;
  go(0);
}

function help() {
  const dialog = document.getElementById("keys");
  if (dialog && !dialog.open) dialog.showModal();
}

const KEYS = {
  j: () => go(1),
  k: () => go(-1),
  l: () => press("button[name=lock], button[name=unlock]"),
  x: () => press("a[data-exclude]"),
  o: () => press("a.opens"),
  "/": () => document.querySelector(".review-filters input[type=search]").focus(),
  "?": help,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (!document.getElementById("review") || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    const close = document.querySelector("#pair a[data-close]");
    if (event.target.matches(TYPING)) event.target.blur();
    else if (close) close.click();
    return;
  }
  if (event.target.matches(TYPING) || (event.key !== "?" && off())) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// Whoever speaks to the computer, or hits keys by chance, can switch the letters off (WCAG 2.1.4).
function off() {
  return localStorage.getItem("review-keys") === "off";
}

function show() {
  const box = document.getElementById("keys-on");
  if (box) box.checked = !off();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) help();
});

document.addEventListener("change", (event) => {
  if (event.target.id === "keys-on") localStorage.setItem("review-keys", event.target.checked ? "on" : "off");
});

show();
comeBack();

// The focus goes into a pair that was opened, and back to its row when it is closed.
document.addEventListener("htmx:afterSettle", (event) => {
  const cause = event.detail.requestConfig ? event.detail.requestConfig.elt : null;
  if (event.target.id !== "review" || !cause) return;
  const row = current();
  if (cause.matches("a.opens")) {
    // A pair is taller than a narrow window: it is read from its head.
    const pair = document.getElementById("pair");
    pair.focus({ preventScroll: true });
    const { top } = pair.getBoundingClientRect();
    if (top < 0 || top > window.innerHeight / 2) pair.scrollIntoView({ block: "start", behavior: "instant" });
  } else if (cause.matches("[data-close]") && row) row.querySelector("a.opens").focus();
});

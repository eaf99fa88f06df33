// The review by keyboard: j and k move, Enter opens, l locks, x excludes, / searches, ? helps, Esc closes.
// Every act is a link or a button of the page, so nothing here is needed.
"use strict";

const TYPING = "input, textarea, select, [contenteditable]";
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
  if (place) place.click();
}

function help() {
  const dialog = document.getElementById("keys");
  if (dialog && !dialog.open) dialog.showModal();
}

const KEYS = {
  j: () => go(1),
  ArrowDown: () => go(1),
  k: () => go(-1),
  ArrowUp: () => go(-1),
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
  if (event.target.matches(TYPING)) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) help();
});

// After a swap the focus goes into the pair that was opened, or back to the row that it came from.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "review") return;
  const pair = document.getElementById("pair");
  const row = current();
  if (document.activeElement !== document.body) return;
  if (pair) pair.focus();
  else if (row) row.querySelector("a.opens").focus();
});

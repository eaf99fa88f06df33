// Colors chosen by the reader, menus that close, copying, printing, questions before an act.
// Every page works without this file.
"use strict";

const YEAR = 31536000;

function setTheme(theme) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const age = theme ? YEAR : 0;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`;
  for (const button of document.querySelectorAll("[data-theme-to]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeTo === theme));
  }
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

async function copy(button) {
  const input = document.getElementById(button.dataset.copy);
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
  } catch {
    document.execCommand("copy");
  }
  button.querySelector("[aria-live]").textContent = button.dataset.copied;
}

function ask(button) {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  const question = document.createElement("p");
  question.id = "ask-question";
  question.textContent = button.dataset.confirm;
  dialog.setAttribute("aria-labelledby", question.id);
  const acts = document.createElement("div");
  acts.className = "row-gap";
  const no = document.createElement("button");
  no.type = "button";
  no.className = "btn btn-line";
  no.textContent = document.body.dataset.no;
  const yes = document.createElement("button");
  yes.type = "button";
  yes.className = "btn btn-clay";
  yes.textContent = button.textContent.trim();
  acts.append(no, yes);
  dialog.append(question, acts);
  document.body.append(dialog);
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    button.dataset.confirmed = "yes";
    dialog.close();
    button.form.requestSubmit(button);
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    button.focus();
  });
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  closeMenus(at("details[data-menu]"));
  const theme = at("[data-theme-to]");
  if (theme) setTheme(theme.dataset.themeTo);
  const copied = at("[data-copy]");
  if (copied) copy(copied);
  if (at("[data-print]")) window.print();
  const asked = at("[data-confirm]");
  if (asked && asked.dataset.confirmed !== "yes") {
    event.preventDefault();
    ask(asked);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details[data-menu][open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

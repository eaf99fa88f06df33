// Forms: the error summary gets the focus, a form is sent once, unsaved text is not lost, one box checks all.
// Every form works without this file.
"use strict";

let unsaved = false;

function focusErrors(root) {
  const summary = root.querySelector("[data-focus]");
  if (summary) summary.focus();
}

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("data-once")) {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // aria-disabled, not disabled: the pressed button's own value must still be sent.
    for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) {
      button.setAttribute("aria-disabled", "true");
    }
  }
  unsaved = false;
});

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && form.hasAttribute("data-unsaved")) unsaved = true;
  const all = event.target.dataset.checkAll;
  if (!all) return;
  const list = form || event.target.closest("table");
  for (const box of list.querySelectorAll(`input[type=checkbox][name="${CSS.escape(all)}"]`)) {
    box.checked = event.target.checked;
  }
});

window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

// A page brought back by the Back button must be usable again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) release(form);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest ? event.target.closest("form[data-sent]") : null;
  if (form) release(form);
});
document.addEventListener("htmx:load", (event) => focusErrors(event.target));
focusErrors(document);

// What makes pages quicker where scripts run; every page works without.
// data-autosubmit on a form: sent when a choice in it changes. data-unsaved: asks before what was typed is lost.
// data-insert on a button, with data-into the id of a field: puts its words where one was writing there.
// data-copy on a line: all of it is selected when it is reached. Keys: / to search, ? for the list of keys;
// they are off where <html data-shortcuts="off">.
"use strict";

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = event.target.closest?.("details.drop[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
    return;
  }
  if (document.documentElement.dataset.shortcuts === "off") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  const search = document.querySelector("main [name=q]") || document.getElementById("find");
  if (event.key === "/" && search) { event.preventDefault(); search.focus(); search.select(); }
  if (event.key === "?") location.assign("/about/shortcuts");
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.drop[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-autosubmit]") && event.target.matches("select, [type=checkbox], [type=radio], [type=date]")) {
    form.requestSubmit();
  }
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-copy]")) event.target.select();
});

let unsaved = false;
document.addEventListener("input", (event) => { if (event.target.closest("form[data-unsaved]")) unsaved = true; });
document.addEventListener("submit", () => { unsaved = false; });
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

for (const box of document.querySelectorAll(".drop-file")) {
  box.addEventListener("dragover", (event) => event.preventDefault());
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    const input = box.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

document.getElementById("error-summary")?.focus();

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-insert]");
  const field = button && document.getElementById(button.dataset.into);
  if (!field) return;
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

// Taps are kept while the Wi-Fi is gone, and sent once. A form with data-keep (what the tap says, for people) is sent
// in the background: it carries a key of its own, so that the same tap sent twice is stored once. What could not be
// sent waits in this browser, in its order, and goes when the network is back. Nothing waits but the form itself.
"use strict";

{
  const WAITING = "perthyn-kept", EVERY = 10000, note = document.getElementById("kept");
  const held = () => JSON.parse(localStorage.getItem(WAITING) || "[]");
  const hold = (all) => { localStorage.setItem(WAITING, JSON.stringify(all)); tell(); };

  const tell = (text = "") => {
    if (!note) return;
    const count = held().length;
    note.textContent = text || (count ? note.dataset.waiting.replace("{n}", count) : "");
    note.hidden = !note.textContent;
  };

  // What became of it: "sent", "again" (no network, or the server is busy), "who" (nobody is signed in), "refused".
  const send = async (one) => {
    let answer;
    try {
      answer = await fetch(one.to, {
        method: "POST", body: new URLSearchParams(one.fields), redirect: "manual", headers: { "HX-Request": "true" },
      });
    } catch { return "again"; }
    if (answer.headers.has("HX-Redirect")) return "who";
    if (answer.type === "opaqueredirect" || answer.ok) return "sent";
    return answer.status >= 500 || answer.status === 429 ? "again" : "refused";
  };

  let busy = false;
  const sendAll = async () => {
    if (busy || !held().length) return;
    busy = true;
    try {
      while (held().length) {
        const [one, ...rest] = held(), became = await send(one);
        if (became === "again" || became === "who") break;
        hold(rest);
        if (became === "refused") tell(note?.dataset.refused.replace("{what}", one.says));
        else if (!rest.length) location.reload();
      }
    } finally { busy = false; }
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-keep]");
    if (!form || event.defaultPrevented) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const fields = Object.fromEntries(new FormData(form, event.submitter));
    const one = { to: form.action, says: form.dataset.keep, fields: { ...fields, at: new Date().toISOString() } };
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    const became = held().length ? "again" : await send(one);
    if (became === "sent") return location.assign(fields.to || location.href);
    if (became === "refused") return HTMLFormElement.prototype.submit.call(form);
    hold([...held(), one]);
    form.classList.add("kept");
    if (became === "who") location.assign("/desk/who?to=" + encodeURIComponent(location.pathname + location.search));
    return undefined;
  }, true);

  addEventListener("online", sendAll);
  setInterval(sendAll, EVERY);
  tell();
  sendAll();
}

// Taps are kept while the Wi-Fi is gone, and sent once. A form with data-keep (what the tap says, for people) is kept in
// this browser first, under its key, and goes from here when the server has answered: sent twice, it is noted once.
// It carries who tapped, and is noted in nobody else's name. What is refused stays until somebody has seen to it.
// Where nobody is signed in (no #kept on the page) no name of a visitor stays. Nothing is kept but the form itself.
"use strict";

{
  const TAP = "perthyn-tap:", EVERY = 10000, PATIENCE = 8000, TRIES = 5;
  const note = document.getElementById("kept"), me = note?.dataset.by;
  let sending = "", gone = false, unsent = false, sent = 0;

  const write = (tap) => localStorage.setItem(TAP + tap.key, JSON.stringify(tap));
  const drop = (tap) => localStorage.removeItem(TAP + tap.key);
  const taps = () => Object.keys(localStorage).filter((name) => name.startsWith(TAP))
    .map((name) => JSON.parse(localStorage.getItem(name))).filter(Boolean).sort((one, other) => one.at - other.at);
  const waiting = () => taps().filter((tap) => !tap.refused);
  const mine = () => waiting().filter((tap) => tap.by === me);
  const others = () => waiting().filter((tap) => tap.by !== me);
  const refused = () => taps().filter((tap) => tap.refused);
  const formOf = (tap) => [...document.querySelectorAll("form.kept")].find((form) => form.elements.key?.value === tap.key);

  const greyed = (form, yes) => {
    form.classList.toggle("kept", yes);
    for (const button of form.querySelectorAll("button")) button.disabled = yes;
  };

  // What is told, each in its own line of #kept.
  const tell = () => {
    if (!note) return;
    const told = { gone, unsent, sent, all: waiting().length, mine: mine().filter((tap) => tap.key !== sending).length,
      others: others().length, refused: refused().length };
    for (const line of note.querySelectorAll("[data-kept]")) {
      const n = told[line.dataset.kept], words = line.querySelector("[data-text]");
      line.hidden = !n;
      const who = [...new Set(others().map((tap) => tap.name))].join(", ");
      if (words) words.textContent = words.dataset.text.replace("{n}", n).replace("{who}", () => who);
    }
    const links = refused().map((tap) => {
      const link = document.createElement("a");
      link.href = new URL(tap.to).pathname.replace(/\/came$/, "");
      link.textContent = `${tap.says || "…"} (${new Date(tap.at).toLocaleString(document.documentElement.lang)})`;
      return [link, " "];
    });
    note.querySelector("[data-links]")?.replaceChildren(...links.flat());
    note.hidden = !note.querySelector("[data-kept]:not([hidden])");
  };

  // What became of it: "sent", "again" (not reached, or busy), "who" (somebody else is signed in, or nobody),
  // "broken" (the server failed), "refused".
  const send = async (tap) => {
    const ago = Math.max(0, Math.round((Date.now() - tap.at) / 1000));
    let answer;
    try {
      answer = await fetch(tap.to, {
        method: "POST", body: new URLSearchParams({ ...tap.fields, by: tap.by, ago }), redirect: "manual",
        headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(PATIENCE),
      });
    } catch { return "again"; }
    if (answer.type === "opaqueredirect") return "sent";
    if (answer.headers.has("HX-Redirect") || answer.status === 412) return "who";
    if (answer.headers.has("Retry-After") || [502, 503, 504].includes(answer.status)) return "again";
    return answer.status >= 500 ? "broken" : "refused";
  };

  // One after the other, in their order; what fails by itself does not stop those behind it. Answers the last outcome.
  const run = async () => {
    let became = "";
    for (const { key } of mine()) {
      const tap = JSON.parse(localStorage.getItem(TAP + key));
      if (!tap) continue;  // another tab has sent it, or it was taken back
      sending = key;
      became = await send(tap);
      sending = "";
      if (became === "again" || became === "who") break;
      if (became === "sent") { drop(tap); sent += 1; gone = unsent = false; continue; }
      tap.tries = (tap.tries || 0) + 1;
      tap.refused = became === "refused" || tap.tries >= TRIES;
      if (localStorage.getItem(TAP + key)) write(tap);
      const form = tap.refused && formOf(tap);
      if (form) greyed(form, false);
    }
    return became;
  };
  let last = Promise.resolve();
  const sendAll = () => { last = last.then(run, run); return last; };
  const later = async () => { if (mine().length) { await sendAll(); tell(); } };

  // Whether perthyn is reached: a machine without network still reaches its own.
  const look = async () => {
    gone = !navigator.onLine;
    if (gone) {
      try { gone = !(await fetch("/worker.js", { method: "HEAD", cache: "no-store" })).ok; } catch { gone = true; }
    }
    if (!gone) unsent = false;
    tell();
    return !gone;
  };

  const tapped = async (form, submitter) => {
    const fields = Object.fromEntries(new FormData(form, submitter));
    const tap = { key: fields.key, to: form.action, says: form.dataset.keep, by: me, name: note.dataset.name, at: Date.now(), fields };
    try { write(tap); } catch { return HTMLFormElement.prototype.submit.call(form); }  // no room here: as a form
    greyed(form, true);
    sent = 0;
    const became = await sendAll(), left = JSON.parse(localStorage.getItem(TAP + tap.key));
    if (!left) return form.classList.contains("kept") && location.assign(fields.to || location.href);
    if (became === "who") return location.reload();
    if (left.refused) { drop(left); return HTMLFormElement.prototype.submit.call(form); }  // its page says why
    return look();
  };

  // Signing out, and leaving the tablet to somebody else: what waits goes first, and what is refused is seen first.
  const leaving = async (form) => {
    const before = refused().length;
    await sendAll();
    tell();
    if (refused().length > before || mine().length) return note.scrollIntoView();
    return HTMLFormElement.prototype.submit.call(form);
  };

  const passed = new WeakSet();
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!note || event.defaultPrevented || passed.delete(form)) return;
    const stop = () => { event.preventDefault(); event.stopImmediatePropagation(); };
    if (form.matches("[data-keep]")) { stop(); tapped(form, event.submitter); return; }
    if (form.method !== "post") return;
    const leaves = mine().length && ["/sign-out", "/desk/leave"].includes(new URL(form.action).pathname);
    if (!navigator.onLine) {
      const submitter = event.submitter;
      stop();
      if (await look()) {
        if (leaves) return leaving(form);
        passed.add(form);
        return form.requestSubmit(submitter);
      }
      unsent = true;
      tell();
      note.scrollIntoView();
    } else if (leaves) {
      stop();
      leaving(form);
    }
  }, true);

  const doings = {
    back: () => {
      const tap = mine().findLast((one) => one.key !== sending);
      if (!tap) return;
      const form = formOf(tap);
      drop(tap);
      if (form) greyed(form, false);
    },
    adopt: async () => {
      for (const tap of others()) write({ ...tap, by: me, name: note.dataset.name });
      await sendAll();
    },
    seen: () => refused().forEach(drop),
  };
  note?.addEventListener("click", async (event) => {
    await doings[event.target.closest("[data-kept-do]")?.dataset.keptDo]?.();
    tell();
  });

  if (!note) for (const tap of taps()) if (tap.says) write({ ...tap, says: "" });
  if (note) {
    addEventListener("online", () => { look(); later(); });
    addEventListener("offline", look);
    addEventListener("storage", tell);
    setInterval(later, EVERY);
    look();
    later();
  }

  // Where this browser trusts the connection: a page of ours for when nothing is reached, in the language of this one.
  const worker = `/worker.js?${document.documentElement.lang}`;
  navigator.serviceWorker?.register(worker, { updateViaCache: "all" }).catch(() => {});
}

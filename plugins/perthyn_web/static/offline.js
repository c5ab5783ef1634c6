// The page that stands where another can't be reached (worker.js): it gives way to that one as soon as it is there.
"use strict";

{
  const again = () => location.replace(location.pathname === "/offline" ? "/" : location.href);
  const look = async () => {
    try { if ((await fetch("/worker.js", { method: "HEAD", cache: "no-store" })).ok) again(); } catch { /* not yet */ }
  };
  document.querySelector("[data-again]").addEventListener("click", again);
  addEventListener("online", look);
  setInterval(look, 4000);
}

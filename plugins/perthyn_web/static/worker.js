// Shows a page of ours where a page can't be reached. That page and what it looks like is all that is kept: it is
// fetched as nobody, so no one's data lies on this device. Everything else goes to the network as if this were not here.
"use strict";

const CACHE = "perthyn-offline";

const take = async () => {
  const language = location.search.slice(1) || "en";
  const page = await fetch("/offline", { credentials: "omit", cache: "no-store", headers: { "Accept-Language": language } });
  if (!page.ok) throw new Error(String(page.status));
  const looks = (await page.clone().text()).match(/\/static\/[^"#]+/g);
  await caches.delete(CACHE);
  const cache = await caches.open(CACHE);
  await cache.addAll(new Set(looks));
  await cache.put("/offline", page);
};

addEventListener("install", (event) => { skipWaiting(); event.waitUntil(take()); });
addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([clients.claim(), registration.navigationPreload?.enable()]));
});

const reached = async (event) => {
  try { return (await event.preloadResponse) || (await fetch(event.request)); } catch (error) {
    const kept = await caches.match(event.request.mode === "navigate" ? "/offline" : event.request);
    if (kept) return kept;
    throw error;
  }
};

addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  const ours = request.mode === "navigate" || (origin === location.origin && pathname.startsWith("/static/"));
  if (ours && request.method === "GET") event.respondWith(reached(event));
});

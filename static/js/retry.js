// What could not be read because the service asked us to wait: the seconds run down, then the page asks once more; a part of a
// page (a tile, an answer) asks for itself alone. Cancel leaves it to the person. Nothing is repeated that writes: the server
// marks only what was read (data-retry).

export function startRetry() {
  retry(() => location.reload());
  document.addEventListener("htmx:afterSettle", ({ detail: { target, pathInfo, requestConfig } }) => {
    retry(() => {
      // What was swapped whole has no place of its own any more.
      if (!target.isConnected || target === document.body || requestConfig.verb !== "get") location.reload();
      else window.htmx.ajax("GET", pathInfo.finalRequestPath, { target });
    });
  });
}

function retry(over) {
  for (const wait of document.querySelectorAll("[data-retry][hidden]")) countDown(wait, wait.dataset.retry, over);
}

// `over` is called once the seconds are down, unless somebody cancelled it or its page went on.
export function countDown(wait, seconds, over) {
  const shown = wait.querySelector("[data-seconds]");
  let left = Number(seconds);
  wait.hidden = false;
  const tick = setInterval(() => {
    left -= 1;
    shown.textContent = String(Math.max(0, left));
    if (left > 0 && wait.isConnected) return;
    clearInterval(tick);
    if (!wait.isConnected) return;
    // A reload can carry no header that says nobody asked for it.
    document.cookie = "unasked=1;path=/;max-age=5;secure;samesite=lax";
    over();
  }, 1000);
  wait.querySelector("button")?.addEventListener("click", () => {
    clearInterval(tick);
    wait.remove();
  });
}

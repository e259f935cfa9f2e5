// What could not be read because the service asked us to wait: the seconds run down, then the page asks once more.
// Cancel leaves it to the person. Nothing is repeated that writes: the server marks only what was read (data-retry).

export function startRetry() {
  retry(document);
  document.addEventListener("htmx:load", (event) => retry(event.detail.elt));
}

function retry(root) {
  for (const wait of root.querySelectorAll("[data-retry][hidden]")) countDown(wait, wait.dataset.retry, () => location.reload());
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
    if (wait.isConnected) over();
  }, 1000);
  wait.querySelector("button")?.addEventListener("click", () => {
    clearInterval(tick);
    wait.remove();
  });
}

// What could not be read because the service asked us to wait: the seconds run down, then the page asks once more.
// Cancel leaves it to the person. Nothing is repeated that writes: the server marks only what was read (data-retry).

export function startRetry() {
  for (const wait of document.querySelectorAll("[data-retry][hidden]")) countDown(wait);
  document.addEventListener("htmx:load", (event) => {
    for (const wait of event.detail.elt.querySelectorAll("[data-retry][hidden]")) countDown(wait);
  });
}

function countDown(wait) {
  const seconds = wait.querySelector("[data-seconds]");
  let left = Number(wait.dataset.retry);
  wait.hidden = false;
  const tick = setInterval(() => {
    left -= 1;
    seconds.textContent = String(Math.max(0, left));
    if (left > 0 && wait.isConnected) return;
    clearInterval(tick);
    if (wait.isConnected) location.reload();
  }, 1000);
  wait.querySelector("button").addEventListener("click", () => {
    clearInterval(tick);
    wait.remove();
  });
}

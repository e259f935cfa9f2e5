// Alt with the arrows moves a tile in the form, as the buttons beside it do.
document.addEventListener("keydown", (event) => {
  const row = event.altKey && event.target.closest?.("[data-move]");
  const button = row && { ArrowUp: row.querySelector("[data-up]"), ArrowDown: row.querySelector("[data-down]") }[event.key];
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});

// Light, dark or system: changed at once, kept in a cookie, so that the server sends the next page in it without a flash.
// Charts listen to the event "themechange" on document.

const YEAR = 365 * 24 * 3600;

export function startTheme() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-form]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    choose(event.submitter.value);
    for (const button of form.querySelectorAll("button[name=theme]")) {
      button.setAttribute("aria-pressed", String(button === event.submitter));
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

function choose(theme) {
  document.documentElement.dataset.theme = theme;
  // The server's names of it (journeyadmin/settings.py).
  const [bound, secure] = location.protocol === "https:" ? ["__Host-", "; Secure"] : ["", ""];
  document.cookie = `${bound}theme=${theme}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  changed();
}

function changed() {
  document.dispatchEvent(new CustomEvent("themechange"));
}

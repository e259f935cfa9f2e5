// A part of a page, asked for as HTMX asks. Where the session has ended, the server answers with the address of the sign-in
// page, which leads back here: the whole page goes there, and who asked hears no more. What a page asks by itself is `unasked`
// (not 0): it does not put off the end of an idle session (journeyadmin/accounts/middleware.py).

export async function ask(address, unasked = 0, signal) {
  const answer = await fetch(address, { signal, headers: { "HX-Request": "true", "HX-Current-URL": location.href, Unasked: unasked } });
  const target = answer.headers.get("HX-Redirect");
  if (!target) return answer;
  location.assign(target);
  return new Promise(() => {});
}

// What holds the focus, a selection or an open panel is left until it does not.
export function inUse(part) {
  const { isCollapsed, anchorNode } = getSelection();
  return part.contains(document.activeElement) || (!isCollapsed && part.contains(anchorNode)) || part.querySelector("details[open]");
}

// A part of a page, asked for as HTMX asks. Where the session has ended, the server answers with the address of the sign-in
// page, which leads back here: the whole page goes there, and who asked hears no more.

export async function ask(address) {
  const answer = await fetch(address, { headers: { "HX-Request": "true", "HX-Current-URL": location.href } });
  const target = answer.headers.get("HX-Redirect");
  if (!target) return answer;
  location.assign(target);
  return new Promise(() => {});
}

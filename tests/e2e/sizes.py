"""What is too small to be pressed on a page as it stands (KEY6), wide, on a phone and at 400 % zoom."""

from playwright.sync_api import Page

WIDTHS = (1440, 390, 320)
# What is smaller than 24 px either way. What a link draws around itself counts with it, a box counts with the label around
# it; a link within the words of a sentence is as high as its line (WCAG 2.5.8 excepts it).
SMALL = r"""() => {
  const hidden = e => {
    if (!e.checkVisibility({ visibilityProperty: true }) || e.closest("[inert], [aria-hidden=true]")) return true;
    for (let at = e; at; at = at.parentElement) if (getComputedStyle(at).clipPath !== "none") return true;
    return false;
  };
  const says = node => node.nodeType === Node.TEXT_NODE && /\p{L}/u.test(node.data);
  const inSentence = e => {
    let around = e;
    do {
      if (getComputedStyle(around).display !== "inline") return false;
      around = around.parentElement;
    } while (![...around.childNodes].some(says));
    return e.matches("a");
  };
  const sizeOf = e => {
    const { width, height } = (e.matches("input") && e.closest("label") || e).getBoundingClientRect();
    const sides = [[width, height]];
    for (const part of ["::before", "::after"]) {
      const style = getComputedStyle(e, part);
      if (style.content !== "none" && style.position === "absolute") sides.push([parseFloat(style.width), parseFloat(style.height)]);
    }
    return [0, 1].map(side => Math.max(...sides.map(one => one[side])));
  };
  const found = new Set();
  for (const e of document.querySelectorAll("a[href], button, summary, input, select, textarea, [role=link], [role=button], [role=option]")) {
    if (e.matches(":disabled") || hidden(e) || inSentence(e)) continue;
    const [width, height] = sizeOf(e);
    if (width > 23.9 && height > 23.9) continue;
    const name = (e.ariaLabel || e.textContent || e.name).trim().replace(/\s+/g, " ").slice(0, 30);
    found.add(`${e.localName}.${e.className} in .${e.parentElement.className} “${name}” ${width.toFixed(1)} × ${height.toFixed(1)}`);
  }
  return [...found];
}"""
OPENED = "for (const one of document.querySelectorAll('main details, .top details')) one.open = true"


def too_small(page: Page) -> list[str]:
    """A line each: what it is, its size, and where; whatever can be opened is open."""
    page.wait_for_load_state("networkidle")
    page.evaluate(OPENED)
    lines = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        lines += [f"{line} ({page.url} at {width} px)" for line in page.evaluate(SMALL)]
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    return lines

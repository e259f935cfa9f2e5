"""axe-core on a page as it stands."""

from playwright.sync_api import Page

from tests import programs

SOURCE = programs.ROOT / "node_modules" / "axe-core" / "axe.min.js"
# What is asked in light, and what of it the other theme could answer differently: colours.
RULES = {
    "light": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}


def complaints(page: Page) -> list[str]:
    """What it finds in light and dark, a line each: theme, rule, how many, and where the first one is."""
    # What a page loads after itself: activity columns, charts.
    page.wait_for_load_state("networkidle")
    page.evaluate(SOURCE.read_text())
    lines = []
    for theme, rules in RULES.items():
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        asked = {"runOnly": rules, "resultTypes": ["violations"]}
        found = page.evaluate("asked => axe.run(document, asked)", asked)
        lines += [
            f"{theme}: {row['id']} ({len(row['nodes'])}): {row['nodes'][0]['target']}"
            for row in found["violations"]
        ]
    return lines

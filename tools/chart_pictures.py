"""Pictures of every kind of chart on the generated shop: one sheet for each of three widths in light and dark, and those
single ones that the documentation shows.

    python tools/chart_pictures.py                         starts a demo of its own, which takes a minute
    python tools/chart_pictures.py --url http://127.0.0.1:8000

Whatever the browser's console complains of is printed, and the exit code is 1.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from screenshots import CHROMIUM, ROOT, _demo, _signed_in

_TWO_WEEKS = "/analytics/?range=last-14-days&zone=Europe/London&"
_FUNNEL = "&".join(
    f"m=nWebActions{stage}" for stage in ("Qualified", "Offered", "Accepted", "Started", "Engaged")
)
_SHARE = "nWebActionsAccepted/nWebActionsOffered"
CHARTS = {
    "line": f"{_TWO_WEEKS}m=nJourneySessions&g=journeyDeviceCategory",
    "compare": f"{_TWO_WEEKS}m=nWebActionsOffered&compare=weekdays",
    "area": f"{_TWO_WEEKS}m=nJourneyActionsBlocked&g=journeyBlockingReason&chart=area",
    "bar": f"{_TWO_WEEKS}by=all&m=nWebActionsOffered&g=journeyActionMapId&compare=previous",
    "heat": "/analytics/?range=last-28-days&zone=Europe/London&by=PT1H&m=nJourneySessions&chart=heat",
    "funnel": f"{_TWO_WEEKS}by=all&{_FUNNEL}",
    "number": f"{_TWO_WEEKS}m=nJourneySessions&m=nWebActionsOffered&m={_SHARE}&compare=weekdays&chart=number",
    "table": f"{_TWO_WEEKS}m=nJourneySessions&m=nWebActionsOffered&compare=weekdays&chart=table",
    "dashboard": "/dashboards/offers/?range=last-14-days&zone=Europe/London",
    "live": "/live/",
    "filter": f"{_TWO_WEEKS}m=nJourneySessions&g=journeyIpGeolocationCountry&where=all,journeySessionType:is:web"
    "&where=any,journeyDeviceCategory:is:mobile,journeyDeviceCategory:is:tablet",
}
WIDTHS = {1440: (900, 4, 2200), 768: (1024, 4, 1500), 390: (844, 6, 1200)}
# The single pictures that the documentation keeps: name, chart, width, scheme.
SINGLE = (
    ("analytics-line", "line", 1440, "light"),
    ("analytics-line-390", "line", 390, "light"),
    ("analytics-compare-768", "compare", 768, "light"),
    ("analytics-area-dark", "area", 1440, "dark"),
    ("analytics-bar", "bar", 1440, "light"),
    ("analytics-heat", "heat", 1440, "light"),
    ("analytics-funnel", "funnel", 1440, "light"),
    ("analytics-funnel-390-dark", "funnel", 390, "dark"),
    ("analytics-number-dark", "number", 1440, "dark"),
    ("analytics-filter", "filter", 1440, "light"),
)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="a running demo; without it one is started")
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "screenshots")
    asked = parser.parse_args(argv)
    complaints: list[str] = []
    with _demo(asked.url) as url, sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        taken = Path(folder)
        state = _signed_in(browser, url, "analyst")
        for width, (height, columns, sheet) in WIDTHS.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    base_url=url,
                    storage_state=state,  # type: ignore[arg-type]
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    reduced_motion="reduce",
                )
                page = context.new_page()
                page.on(
                    "console",
                    lambda message: complaints.append(message.text) if message.type == "error" else None,
                )
                for name, path in CHARTS.items():
                    _take(page, path, taken / f"{name}-{width}-{scheme}.png")
                context.close()
                _sheet(browser, taken, f"{width}-{scheme}", columns, sheet, asked.into)
        browser.close()
        for name, chart, width, scheme in SINGLE:
            (asked.into / f"{name}.png").write_bytes((taken / f"{chart}-{width}-{scheme}.png").read_bytes())
    print("\n".join(complaints), file=sys.stderr)
    return int(bool(complaints))


def _take(page: Page, path: str, picture: Path) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(700)
    plot = page.locator(".plot").first
    if "heat" in picture.name or "line" in picture.name:
        box = plot.bounding_box()
        if box:
            plot.hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
            page.wait_for_timeout(200)
    page.screenshot(path=picture)


def _sheet(browser: Browser, taken: Path, suffix: str, columns: int, width: int, into: Path) -> None:
    style = f"body{{margin:8px;background:#8a8f98;display:grid;grid-template-columns:repeat({columns},1fr);gap:8px}}img{{width:100%}}"
    page_ = taken / "sheet.html"
    page_.write_text(
        f"<!doctype html><style>{style}</style>"
        + "".join(f'<img src="{name}-{suffix}.png">' for name in CHARTS)
    )
    page = browser.new_page(viewport={"width": width, "height": 600})
    page.goto(page_.as_uri())
    page.screenshot(path=into / f"charts-{suffix}.png", full_page=True)
    page.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

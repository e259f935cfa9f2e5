"""How a report of Lighthouse is read: what misses its target, and what is to blame."""

from bench import lighthouse


def report(performance: float | None, accessibility: float = 1.0) -> dict:
    def category(score: float | None, *audits: str) -> dict:
        return {"score": score, "auditRefs": [{"id": name, "weight": 10} for name in audits]}

    return {
        "requestedUrl": "http://127.0.0.1:1/live/?zone=UTC",
        "finalDisplayedUrl": "http://127.0.0.1:1/live/",
        "categories": {
            "performance": category(performance, "total-blocking-time", "speed-index"),
            "accessibility": category(accessibility, "color-contrast"),
            "best-practices": category(1.0, "errors-in-console"),
        },
        "audits": {
            "total-blocking-time": {"title": "Total Blocking Time", "score": 0.4, "displayValue": "800 ms"},
            "speed-index": {"title": "Speed Index", "score": None},
            "color-contrast": {"title": "Contrast", "score": 0 if accessibility < 1 else 1},
            "errors-in-console": {"title": "No errors in the console", "score": 1},
        },
    }


def test_a_good_page_misses_nothing():
    good = report(0.95)
    assert lighthouse.short(lighthouse.scored(good)) == []
    assert lighthouse.blamed(good) == [good["finalDisplayedUrl"]]


def test_a_slow_page_is_named_with_what_made_it_slow():
    slow = report(0.94)
    assert lighthouse.short(lighthouse.scored(slow)) == ["performance"]
    assert lighthouse.blamed(slow)[1:] == ["Total Blocking Time 800 ms"]
    row = lighthouse._row("performance", {"/live/": lighthouse.scored(slow)}, ["/live/: slow"])
    assert row.met is False
    assert "/live/ 94" in row.note


def test_one_fault_in_access_is_one_too_many():
    assert lighthouse.short(lighthouse.scored(report(1.0, accessibility=0.99))) == ["accessibility"]


def test_a_page_that_could_not_be_judged_has_no_points():
    assert lighthouse.scored(report(None))["performance"] == 0


def test_a_page_that_led_to_signing_in_was_not_judged():
    led = report(1.0) | {"finalDisplayedUrl": "http://127.0.0.1:1/accounts/sign-in?next=%2Flive%2F"}
    assert lighthouse.short(lighthouse.scored(led)) == ["performance", "accessibility", "best-practices"]
    assert "sign-in" in lighthouse.blamed(led)[0]

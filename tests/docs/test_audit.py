"""`make audit` tells holes from lists that could not be read: silence is never taken for good news."""

import json

import pytest

from tools.audit import CannotTell, browser_holes, main, python_holes

FINE = {"name": "asgiref", "version": "3.9.0", "vulns": []}
HOLE = {"name": "django", "version": "5.2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.2.1"]}]}
UNASKED = {"name": "plotly", "skip_reason": "Dependency not found on PyPI and could not be audited"}


def test_each_hole_is_a_line_with_its_remedy():
    assert python_holes(json.dumps({"dependencies": [FINE, HOLE], "fixes": []}), "") == [
        "django 5.2.0: PYSEC-1, mended in 5.2.1"
    ]
    assert browser_holes('{"vulnerabilities": {"d3": {"severity": "high", "range": "<7"}}}') == [
        "d3: high, <7"
    ]
    assert browser_holes('{"vulnerabilities": {}}') == []


@pytest.mark.parametrize(
    "output", ["", "null", "[]", "{}", "<html>", json.dumps({"dependencies": [FINE, UNASKED]})]
)
def test_what_could_not_be_asked_is_not_taken_for_fine(output):
    with pytest.raises(CannotTell, match="The list for Python"):
        python_holes(output, "ERROR:pip_audit._cli:asgiref: Dependency not found on PyPI")


@pytest.mark.parametrize("output", ["", "null", '{"message": "request to https://… failed", "error": {}}'])
def test_what_npm_could_not_ask_is_not_taken_for_fine(output):
    with pytest.raises(CannotTell, match="npm audit"):
        browser_holes(output)


def test_the_exit_code_says_which(capsys):
    def unread():
        raise CannotTell("The list could not be read.")

    assert main((list, list)) == 0
    assert main((list, lambda: ["d3: high"])) == 1
    assert main((unread, lambda: ["d3: high"])) == 2
    assert capsys.readouterr().err.count("\n") == 1

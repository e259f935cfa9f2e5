"""The official clients, which nobody here wrote, do all nine operations against the running server."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.asking import unique
from tests.programs import ROOT, Program

CLIENTS = Path(__file__).parent / "clients"
LANGUAGES = {
    "python": [sys.executable, str(CLIENTS / "python_sdk.py")],
    "javascript": ["node", str(CLIENTS / "javascript_sdk.cjs")],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_official_client_does_all_nine(server: Program, language: str) -> None:
    command = LANGUAGES[language]
    if shutil.which(command[0]) is None:
        pytest.skip("there is no node: install it to run the official JavaScript client")
    name = unique(language)
    done = subprocess.run(
        [*command, server.url, name], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)

    created = told["created"]
    assert created["displayName"] == name
    assert (created["version"], created["scope"]) == (1, "Session")
    [criterion] = created["context"]["patterns"][0]["criteria"]
    assert (criterion["key"], criterion["operator"]) == ("device.category", "equal")
    assert told["read"] == created
    assert told["listed"]["entities"][0] == created
    assert [row["id"] for row in told["by_ids"]["entities"]] == [created["id"]]
    assert (told["changed"]["version"], told["changed"]["description"]) == (2, "changed by the client")
    assert told["changed"]["context"] == created["context"]
    assert told["conflict"]["status"] == 409
    assert "does not match the current version" in told["conflict"]["body"]["message"]
    assert told["gone"]["status"] == told["gone"]["body"]["status"] == 404

    assert len(told["targets"]["entities"]) == told["targets"]["pageSize"] == 2
    assert told["target"] == told["targets"]["entities"][0]
    assert told["retargeted"] == told["target"]
    assert told["answer"] == {"results": []}

"""What whoever watches the Journey server asks: it runs; it can work."""

import requests

from tests.programs import Program


def test_it_runs_and_both_stores_answer(server: Program) -> None:
    assert requests.get(f"{server.url}/healthz", timeout=20).json() == {"status": "ok"}
    answer = requests.get(f"{server.url}/readyz", timeout=20)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["store"]["status"], told["events"]["status"]) == ("ok", "ok", "ok")
    assert all(isinstance(told[part]["ms"], int) for part in ("store", "events"))
    for path in ("/healthz", "/readyz"):
        refused = requests.post(f"{server.url}{path}", timeout=20)
        assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
        assert requests.head(f"{server.url}{path}", timeout=20).status_code == 200


def test_without_its_store_it_runs_and_is_not_ready(own_server: Program) -> None:
    store = own_server.folder / "journeyserver.sqlite3"
    store.rename(store.with_name("elsewhere"))
    answer = requests.get(f"{own_server.url}/readyz", timeout=20)
    assert answer.status_code == 503
    told = answer.json()
    assert (told["status"], told["store"]["status"], told["events"]["status"]) == ("failed", "failed", "ok")
    # Neither the name of a file nor a statement.
    assert told["store"]["reason"] == "OperationalError"
    assert requests.get(f"{own_server.url}/healthz", timeout=20).status_code == 200

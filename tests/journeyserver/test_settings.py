"""A wrong setting is told in one sentence that names it, before anything is opened, served or removed."""

import runpy
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.programs import ROOT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # The end of what is kept would lie in the future.
        ("RETENTION_DAYS", "-4"),
        ("RETENTION_DAYS", "99999999999"),
        ("THREADS", "0"),
        ("PORT", "99999"),
        ("BODY_SECONDS", "0"),
        ("QUERY_SECONDS", "0"),
        ("RATE_LIMIT", "-1"),
        ("ACCESS_TOKEN_SECONDS", "0"),
        ("REFRESH_TOKEN_SECONDS", "99999999999999"),
        ("MAX_UPLOAD_BYTES", "-5"),
        ("LOG_LEVEL", "loud"),
        ("DATABASE_URL", "postgresql://a:b@127.0.0.1:port/c"),
    ],
)
def test_a_wrong_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("JOURNEYADMIN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv(f"JOURNEYSERVER_{name}", value)
    with pytest.raises(ImproperlyConfigured, match=rf"^JOURNEYSERVER_{name} must .+\.$"):
        runpy.run_path(str(ROOT / "journeyserver/settings.py"))

"""Log lines: one line an entry, without anything that looks like a token or a secret."""

import logging
import re

# Bearer tokens, OAuth form fields and codes in addresses; whatever slips into a message is blanked here.
_SECRET = re.compile(
    r"(?i)(bearer\s+|basic\s+|(?:access_token|refresh_token|client_secret|code_verifier|code|password)"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+"
)


def masked(text: str) -> str:
    return _SECRET.sub(r"\1…", text)


class LineFormatter(logging.Formatter):
    """`time level logger message`, secrets blanked, line breaks kept only inside tracebacks."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))

"""Log lines: one line an entry, for people or as JSON, without anything that looks like a token or a secret.

`journeyadmin.security` names who did what to their sign-in and what was refused; `journeyadmin.requests` each request;
`journeyadmin.service` each call to the service. All carry the id that the answer's X-Request-Id shows.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

# Bearer tokens, OAuth form fields and codes in addresses; whatever slips into a message is blanked here.
_SECRET = re.compile(
    r"(?i)(bearer\s+|basic\s+|(?:access_token|refresh_token|client_secret|code_verifier|code|password)"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+"
)
# An address in a traceback's values is nobody's business here either.
_E_MAIL = re.compile(r"[^\s@\"'<>/=&?]{1,64}(?:@|%40)[^\s@\"'<>/=&?]{1,255}\.[A-Za-z]{2,}")

# Line breaks of every kind, and what moves a terminal's cursor.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

request_id: ContextVar[str] = ContextVar("request_id", default="-")
security = logging.getLogger("journeyadmin.security")


def masked(text: str) -> str:
    return _E_MAIL.sub("…@…", _SECRET.sub(r"\1…", text))


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    # Of a wrong host, or a form too large, the message says all: where Django found it out is no news, and anybody can send them.
    if not record.exc_info or record.name.startswith("django.security."):
        return ""
    return formatter.formatException(record.exc_info)


class LineFormatter(logging.Formatter):
    """`time level logger message request=…` in UTC; what was typed cannot begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), record.getMessage())
        line = f"{moment} {record.levelname} {record.name} {message} request={request_id.get()}"
        traceback = _traceback(self, record)
        return masked(f"{line}\n{traceback}" if traceback else line)


class JsonFormatter(logging.Formatter):
    """The same facts as one JSON object a line, a traceback as text in it."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
            "request": request_id.get(),
        }
        if traceback := _traceback(self, record):
            facts["traceback"] = masked(traceback)
        return json.dumps(facts, ensure_ascii=False)

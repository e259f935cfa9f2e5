"""Log lines: one line an entry, in UTC, whatever was sent, and nobody's e-mail address."""

import logging
import re
import time

# Line breaks of every kind, and what moves a terminal's cursor.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# In an address that was asked for, in what a database refused, or as the name of an account.
_E_MAIL = re.compile(r"[^\s@\"'<>/=&?]{1,64}(?:@|%40)[^\s@\"'<>/=&?]{1,255}\.[A-Za-z]{2,}")


class LineFormatter(logging.Formatter):
    """`time level logger: message`; what was sent cannot begin a line of its own. A traceback follows on lines of its own."""

    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        # Not per message: a traceback names values too.
        return _E_MAIL.sub("…@…", super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 — the library's own name
        return _CONTROL.sub(
            lambda found: found[0].encode("unicode_escape").decode(), super().formatMessage(record)
        )

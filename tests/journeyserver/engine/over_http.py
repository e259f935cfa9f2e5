"""ClickHouse's HTTP interface in front of chdb, as far as its official client speaks it: for tests without a server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connect: Any

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query, True).items()}
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(parts)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._reply(200, self._run(given, body))
        except Exception as error:
            self._reply(500, str(error).encode())

    def _run(self, given: dict[str, str], body: bytes) -> bytes:
        sql = given.get("query", "")
        data = body
        if not sql:
            sql, data = body.decode(), b""
        connection = self.connect()
        try:
            for name, value in given.items():
                if name in _OF_HTTP or name.startswith("param_"):
                    continue
                connection.query(f"SET {name} = '{value}'")
            if given.get("database"):
                connection.query(f"USE `{given['database']}`")
            if data and sql.lstrip().upper().startswith("INSERT"):
                statement, _, format_name = sql.rpartition(" FORMAT ")
                with connection.send_insert(statement, format_name.strip()) as insert:
                    insert.append(data)
                    insert.finish()
                return b""
            places = {name[6:]: value for name, value in given.items() if name.startswith("param_")}
            told: bytes = connection.query(
                sql + (data.decode() if data else ""), "TabSeparated", params=places
            ).bytes()
            return told
        finally:
            connection.close()

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


_OF_HTTP = ("query", "database", "session_id", "query_id", "client_protocol_version", "compress", "enable_http_compression",
            "wait_end_of_query", "send_progress_in_http_headers", "http_headers_progress_interval_ms", "cancel_http_readonly_queries_on_client_close",
            "session_timeout", "session_check", "default_format", "role", "decompress", "buffer_size")  # fmt: skip


@contextmanager
def server() -> Iterator[str]:
    """Its host and port. The data is gone at the end."""
    import chdb

    kept = chdb.connect(":memory:")
    handler = type("Handler", (_Handler,), {"connect": staticmethod(lambda: chdb.connect(":memory:"))})
    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()
        kept.close()

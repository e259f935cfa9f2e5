"""Environment → settings of the Journey server. Every setting is described in docs/running.md."""

import importlib.util
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from journeyserver.roles import ROLES

ROOT = Path(__file__).resolve().parent.parent


def _text(name: str, default: str) -> str:
    return os.environ.get(name, "") or default


def _number(name: str, default: int, least: int, most: int = 10**9) -> int:
    value = _text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, but it is {value!r}.") from None
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name} must be {least:,} to {most:,}, but it is {number:,}.")
    return number


def _choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = _text(name, default).upper()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, but it is {value!r}.")
    return value


def _switch(name: str, default: bool) -> bool:
    value = _text(name, "1" if default else "0").lower()
    if value not in ("0", "1", "true", "false", "on", "off", "yes", "no"):
        raise ImproperlyConfigured(f"{name} must be 1 or 0, but it is {value!r}.")
    return value in ("1", "true", "on", "yes")


def _names(name: str, default: str) -> list[str]:
    return [part.strip() for part in _text(name, default).split(",") if part.strip()]


def _data_dir() -> Path:
    folder = Path(_text("JOURNEYADMIN_DATA_DIR", str(ROOT / "var"))).expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {folder} cannot be made ({error.strerror}). "
            "Set JOURNEYADMIN_DATA_DIR to a folder that can be written."
        ) from None
    return folder


def _kept_secret(path: Path) -> str:
    """The secret in this file, made on first use and readable by its owner only."""
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        made = secrets.token_urlsafe(50)
        with os.fdopen(handle, "w") as file:
            file.write(made)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {path.parent} cannot be used ({error.strerror}). "
            "Make it writable or set JOURNEYADMIN_DATA_DIR to another folder."
        ) from None
    return made


def _database(url: str, default: Path) -> dict[str, Any]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": default,
            # Threads of the one worker process keep their connections.
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 20,
                # A writer takes its lock at BEGIN, so that no transaction fails half-way for want of it.
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    misread = ImproperlyConfigured(
        "JOURNEYSERVER_DATABASE_URL must look like postgresql://user:password@host:5432/name."
    )
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError:
        raise misread from None
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise misread
    if not importlib.util.find_spec("psycopg"):
        raise ImproperlyConfigured(
            "JOURNEYSERVER_DATABASE_URL names PostgreSQL, whose driver is not installed. "
            'Install it with: .venv/bin/uv pip install "psycopg[binary]"'
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": port,
        "CONN_MAX_AGE": 60,
        # PostgreSQL may have been restarted since.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


DATA_DIR = _data_dir()
SECRET_KEY = os.environ.get("JOURNEYSERVER_SECRET_KEY") or _kept_secret(DATA_DIR / "journeyserver.key")
DEBUG = False
# Commands on this machine ask the running server by loopback (owner.py), whatever its public name is.
ALLOWED_HOSTS = [*_names("JOURNEYSERVER_ALLOWED_HOSTS", ""), "127.0.0.1", "localhost", "[::1]"]

# django.contrib.sessions keeps who has signed in at the login page, nothing else.
INSTALLED_APPS = ["django.contrib.sessions", "journeyserver"]
MIDDLEWARE = [
    "journeyserver.middleware.Correlation",
    "journeyserver.middleware.Failures",
    "django.contrib.sessions.middleware.SessionMiddleware",
]
ROOT_URLCONF = "journeyserver.urls"
WSGI_APPLICATION = "journeyserver.wsgi.application"
APPEND_SLASH = False
# W001, W002: middleware.py sets the headers of an API; W003: the one form here is protected by csrf_protect;
# W012, W016: cookies are secure where JOURNEYSERVER_HTTPS says that TLS ends before us.
SILENCED_SYSTEM_CHECKS = [f"security.W{number:03d}" for number in (1, 2, 3, 12, 16)]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": []},
    }
]

DATABASE_FILE = DATA_DIR / "journeyserver.sqlite3"
DATABASES = {"default": _database(_text("JOURNEYSERVER_DATABASE_URL", ""), DATABASE_FILE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

# What a new password must be (journeyserver/passwords.py).
_DJANGO = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_DJANGO}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "journeyserver.passwords.LongestValidator"},
    {"NAME": "journeyserver.passwords.CommonValidator"},
    {
        "NAME": f"{_DJANGO}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    {"NAME": "journeyserver.passwords.ServiceWordsValidator"},
]

# Cookies carry names of their own: on one host, the dashboard's port shares them.
_SECURE = _switch("JOURNEYSERVER_HTTPS", False)
_BOUND = "__Host-" if _SECURE else ""
SESSION_COOKIE_NAME = f"{_BOUND}journeyserver_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _SECURE
CSRF_COOKIE_NAME = f"{_BOUND}journeyserver_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _SECURE
CSRF_FAILURE_VIEW = "journeyserver.api.oauth.csrf_failure"
# What browsers are asked to remember of us over HTTPS.
HSTS = "max-age=31536000" + ("; includeSubDomains" if _switch("JOURNEYSERVER_HSTS_SUBDOMAINS", True) else "")
if _SECURE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "journeyserver.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": _choice("JOURNEYSERVER_LOG_LEVEL", "WARNING", _LEVELS)},
    "loggers": {
        # A request that was refused is the caller's matter and in the answer.
        "django.request": {"level": "ERROR"},
        # In detail it would tell each token that it gives out.
        "authlib": {"level": "INFO"},
    },
}

# What a request may weigh (docs/api/journey-api.md §1.3).
MAX_BODY_BYTES = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
# How long a client may pause while it sends a body.
BODY_SECONDS = _number("JOURNEYSERVER_BODY_SECONDS", 30, 1, 3600)

HOST = _text("JOURNEYSERVER_HOST", "127.0.0.1")
PORT = _number("JOURNEYSERVER_PORT", 8100, 0, 65_535)
THREADS = _number("JOURNEYSERVER_THREADS", 16, 1, 1000)

# Requests per minute and token; 0 switches the limit off.
RATE_LIMIT = _number("JOURNEYSERVER_RATE_LIMIT", 300, 0)
# How long an aggregate query may take.
QUERY_SECONDS = _number("JOURNEYSERVER_QUERY_SECONDS", 60, 1)
# Reports per minute and customer (docs/api/journey-api.md §11.1); 0 switches the limit off.
COOKIE_RATE_LIMIT = _number("JOURNEYSERVER_COOKIE_RATE_LIMIT", 60, 0)
# Failed sign-ins per account and address, or per client and address, within five minutes.
FAILED_SIGN_INS = _number("JOURNEYSERVER_FAILED_SIGN_INS", 10, 0)
# Who must have a second factor (secondfactor.py): roles by name, or `everyone`; others may.
SECOND_FACTOR = _names("JOURNEYSERVER_SECOND_FACTOR", "")
if unknown := set(SECOND_FACTOR) - {*ROLES, "everyone"}:
    raise ImproperlyConfigured(
        f"JOURNEYSERVER_SECOND_FACTOR names roles ({', '.join(ROLES)}) or everyone, but it is {','.join(sorted(unknown))!r}."
    )
ACCESS_TOKEN_SECONDS = _number("JOURNEYSERVER_ACCESS_TOKEN_SECONDS", 86_400, 1)
REFRESH_TOKEN_SECONDS = _number("JOURNEYSERVER_REFRESH_TOKEN_SECONDS", 30 * 86_400, 1)
AUTHORIZATION_CODE_SECONDS = 60
AUTHLIB_OAUTH2_PROVIDER = {
    "refresh_token_generator": True,
    "token_expires_in": dict.fromkeys(
        ("authorization_code", "refresh_token", "client_credentials"), ACCESS_TOKEN_SECONDS
    ),
}
# Switched off, a segment with assignmentExpirationDays is answered with 501, as some organisations do.
EXPIRY_ENABLED = _switch("JOURNEYSERVER_EXPIRY_ENABLED", True)

# The largest file that may be brought by a browser; larger ones are imported by the command.
MAX_UPLOAD_BYTES = _number("JOURNEYSERVER_MAX_UPLOAD_BYTES", 2 * 1024**3, 1, 2**63 - 1)
# Failures on purpose, set by /api/local/v1/faults: for rehearsals and tests, never for real work.
FAULTS = _switch("JOURNEYSERVER_FAULTS", False)
if FAULTS:
    MIDDLEWARE.insert(2, "journeyserver.local.faults.Faults")
# Opens the one-time address that `make demo` prints; works on this computer alone, and for the demo's people.
DEMO_TICKET = _text("JOURNEYSERVER_DEMO_TICKET", "")
# A generated shop goes on while the server runs.
SHOP_OPEN = _switch("JOURNEYSERVER_SHOP_OPEN", False)
# Events older than this many days are removed once a day; 0 keeps everything.
RETENTION_DAYS = _number("JOURNEYSERVER_RETENTION_DAYS", 0, 0, 36_500)

# The engine of events, sessions and facts (journeyserver.engine.backends), and where DuckDB's file is.
ENGINE = _text("JOURNEYSERVER_ENGINE", "duckdb")
WAREHOUSE_PATH = Path(_text("JOURNEYSERVER_WAREHOUSE_PATH", str(DATA_DIR / "journeyserver.duckdb")))

"""The dashboard's settings, from the environment. Every JOURNEYADMIN_* variable is described in docs/running.md."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from journeyadmin.environment import Environment, SetupError, data_folder, database, kept_key, mail, stop
from journeyadmin.security import static_headers

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    _env = Environment(os.environ)
    DEBUG = _env.flag("DEBUG")
    DATA_DIR = data_folder(Path(_env.text("DATA_DIR", str(BASE_DIR / "var"))).absolute())
    SECRET_KEY = _env.text("SECRET_KEY") or kept_key(DATA_DIR / "secret.key")
    # The first key encrypts; all of them decrypt, so a new key is put in front of the old one.
    ENCRYPTION_KEYS = (
        _env.keys("ENCRYPTION_KEYS")
        or kept_key(DATA_DIR / "encryption.key", Fernet.generate_key().decode()).split()
    )
    DATABASES = {"default": database(_env.text("DATABASE"), DATA_DIR)}
    # Where people reach the dashboard; empty means any loopback address over plain HTTP.
    PUBLIC_URL = _env.origin("PUBLIC_URL")
    # The one loopback server a connection may point at, for example http://127.0.0.1:8180.
    EMBEDDED_SERVER = _env.origin("EMBEDDED_SERVER")
    # Hosts that an administrator may type for a connection besides the regions.
    TYPED_HOSTS = _env.hosts("TYPED_HOSTS")
    ALLOWED_HOSTS = _env.listed("ALLOWED_HOSTS")
    SESSION_IDLE_SECONDS = _env.number("SESSION_IDLE_MINUTES", 30, 525_600) * 60
    SESSION_ABSOLUTE_SECONDS = _env.number("SESSION_HOURS", 12, 8760) * 3600
    TIME_ZONE = _env.zone("TIME_ZONE", "UTC")
    LOG_LEVEL = _env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
    LOG_FORMAT = _env.choice("LOG_FORMAT", "line", ("line", "json"))
    SERVICE_CONNECT_SECONDS = _env.number("SERVICE_CONNECT_SECONDS", 5, 3600)
    SERVICE_READ_SECONDS = _env.number("SERVICE_READ_SECONDS", 30, 3600)
    SERVICE_BUDGET_SECONDS = _env.number("SERVICE_BUDGET_SECONDS", 60, 3600)
    # Whether a change through a production connection needs a reason.
    REASON_REQUIRED = _env.flag("REASON_REQUIRED")
    BEHIND_PROXY = _env.flag("BEHIND_PROXY")
    # Off where the dashboard's own host has subdomains that are reached without TLS.
    HSTS_SUBDOMAINS = _env.flag("HSTS_SUBDOMAINS", default=True)
    # Where alerts may also be told; without it no page offers e-mail.
    _mail = mail(_env.text("MAIL"))
    DEFAULT_FROM_EMAIL = _env.text("MAIL_FROM", "journeyadmin@localhost")
    METRICS_TOKEN = _env.text("METRICS_TOKEN")
    # The library that counts reads this when it is first imported: one file a worker, added up when asked.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(data_folder(DATA_DIR / "metrics"))
except SetupError as _error:
    stop(_error)

EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.encryption == "starttls", _mail.encryption == "tls"
EMAIL_TIMEOUT = 20

_https = urlsplit(PUBLIC_URL).scheme == "https"
ALLOWED_HOSTS += [host for host in (urlsplit(PUBLIC_URL).hostname, "127.0.0.1", "localhost", "[::1]") if host]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "journeyadmin.accounts",
    "journeyadmin.monitoring",
    "journeyadmin.history",
    "journeyadmin.runs",
    "journeyadmin.files",
    "journeyadmin.once",
    "journeyadmin.listviews",
    "segments",
    "actiontargets",
    "analytics",
]

MIDDLEWARE = [
    # Before all others: a style or a font needs neither a session nor the headers of a page (journeyadmin/security.py).
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "journeyadmin.monitoring.middleware.Measured",
    "journeyadmin.security.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Pads with a random length, and each page masks its form token anew: https://breachattack.com
    "journeyadmin.compression.Compression",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "journeyadmin.middleware.ServiceErrors",
    "journeyadmin.accounts.middleware.SignIn",
]

ROOT_URLCONF = "journeyadmin.urls"
WSGI_APPLICATION = "journeyadmin.wsgi.application"
AUTH_USER_MODEL = "accounts.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        # Only django.forms brings templates of its own: those of its widgets.
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "journeyadmin.frame.frame",
            ],
            "builtins": [
                "django.templatetags.static",
                "django.templatetags.i18n",
                "journeyadmin.pieces",
                "journeyadmin.tags",
            ],
        },
    }
]
FORM_RENDERER = "journeyadmin.forms.Renderer"

# Sessions and cookies
# Bound to this very host (https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes).
_bound = "__Host-" if _https else ""
SESSION_COOKIE_NAME = f"{_bound}session"
THEME_COOKIE_NAME = f"{_bound}theme"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# It ends as accounts/middleware.py has it. The cookie outlives that, to tell whose forms are left open over night or a weekend.
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS + 7 * 24 * 3600
CSRF_COOKIE_NAME = f"{_bound}csrftoken"
CSRF_FAILURE_VIEW = "journeyadmin.views.csrf_failure"
LOGIN_URL = "/accounts/sign-in"
LOGIN_REDIRECT_URL = "/"

# Transport security; the content policy and the headers Django does not know are in journeyadmin/security.py
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS_SUBDOMAINS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# W005: who switches that off has a reason. W021: to be built into browsers is for the owner of the domain to ask.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The segment editor posts up to 50 patterns of 50 criteria on each of two sides.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 40_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = f"{_bound}language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = _https
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

# Static files: ours, and the few files of installed packages that journeyadmin/packages.py names
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# Until `collectstatic` has run, WhiteNoise would warn that there is no such folder.
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "journeyadmin.packages.PackageFinder",
]
NODE_MODULES = BASE_DIR / "node_modules"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Compressed once: nothing asks for the plain names of collected files.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ADD_HEADERS_FUNCTION = static_headers
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "journeyadmin.packages.StaticStorage"},
}

# Where the command palette finds what each app can be asked for by name.
PALETTE_SOURCES = ["segments.palette.entries", "actiontargets.palette.entries", "analytics.palette.entries"]
# Who says, before something is deleted, what else uses it (journeyadmin/uses.py).
USES_SOURCES = ["analytics.uses.uses"]

_LOCAL_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": _LOCAL_MEMORY, "LOCATION": "dashboard"},
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "journeyadmin.logs.LineFormatter"},
        "json": {"()": "journeyadmin.logs.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "urllib3": {"level": "WARNING"},
        # In detail it may tell tokens.
        "authlib": {"level": "INFO"},
    },
}

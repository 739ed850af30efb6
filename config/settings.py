"""One settings file, all of it from the environment (12-factor); .env.example lists every name."""

import sys
from importlib.util import find_spec
from pathlib import Path

import environ

from config import reading, sentry
from config.logs import logging_of
from config.schedule import BEAT

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# --- Keys (three separate kinds: sessions, credentials at rest, Message-IDs) ------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
FERNET_KEYS = reading.several(env, "FERNET_KEYS")  # newest first; M39
MESSAGE_ID_KEYS = reading.several(env, "MESSAGE_ID_KEYS")  # newest first; M46

# --- Where it answers -------------------------------------------------------------------------

ALLOWED_HOSTS = reading.several(env, "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# HTTPS is what a deployment has; the try-out on loopback (script/server) switches it off.
HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_SECURE = HTTPS
SESSION_SERIALIZER = "crm.sessions.SealedSerializer"
CSRF_COOKIE_SECURE = HTTPS
if HTTPS:  # no other host below this domain, and nobody on the way, can plant one of this name
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Applications -----------------------------------------------------------------------------

INSTALLED_APPS = [
    "crm",
    "inbox",
    "django.contrib.admin.apps.SimpleAdminConfig",  # its pages come with the addresses (urls.py)
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_prose_editor",  # for its files: the editor that the composer loads (static/js/rich.js)
    "template_partials.apps.SimpleAppConfig",  # the loaders are written out below
    "django_celery_beat",
]
# Its files, for /api/v1/docs. As an app all of it, and pydantic, would be in every process, also in
# the worker and the watcher, which have no use for 11 MB of it.
_NINJA = find_spec("ninja")
assert _NINJA and _NINJA.origin
NINJA = Path(_NINJA.origin).parent

MIDDLEWARE = [
    "inbox.views.metrics.DurationMiddleware",
    "crm.web.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "crm.web.BoundsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crm.web.SignInMiddleware",
    "crm.sessions.LastUseMiddleware",
    "crm.web.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

_LOADERS = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates", NINJA / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [("django.template.loaders.cached.Loader", _LOADERS)],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "template_partials.templatetags.partials",
                "crm.templatetags.ui",
            ],
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "crm.views.context.counts",
                "inbox.views.context.mailbox_health",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------

DATABASES = {
    "default": reading.database(env, "DATABASE_URL", f"sqlite:///{BASE_DIR}/var/musubi.sqlite3")
}
DATABASES["default"]["CONN_MAX_AGE"] = 60  # seconds: to open one takes as long as ten questions
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets pages read while a look writes; IMMEDIATE takes the write lock at BEGIN, so that
    # two writers queue up instead of failing half-way. Statements are read and planned once, not
    # again for each page: of the 128 that Python keeps by itself, one page drives out another's.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "cached_statements": 1_000,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Who is frozen within a transaction keeps the rows of it from everybody else, for so long.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault(
        "options", "-c idle_in_transaction_session_timeout=5min"
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://")}

MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media")))
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static", NINJA / "static"]
STATICFILES_FINDERS = [
    "config.stylesheet.Finder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},  # in MEDIA_ROOT
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.bool("STATIC_MANIFEST", default=False)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not env.bool("STATIC_MANIFEST", default=False)
DATA_UPLOAD_MAX_MEMORY_SIZE = 75 * 1024 * 1024  # a composer's attachments, base64 by REST
FILE_UPLOAD_PERMISSIONS = 0o600

# --- People -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "crm.accounts.ClosedAccountAdapter"  # people are invited, nobody signs up
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
MFA_ADAPTER = "crm.second_factor.SecondFactorAdapter"
MFA_TOTP_ISSUER = "Musubi"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are what an administrator gave
MFA_FORMS = {
    "authenticate": "crm.forms.sign_in.CodeForm",
    "reauthenticate": "crm.forms.sign_in.CodeAgainForm",
    "activate_totp": "crm.forms.sign_in.SwitchOnForm",
}

# --- How often (crm/rates.py): at most so many in so many seconds -----------------------------

RATES = {
    "call": (600, 60),  # of the REST API, with one token
    "wrong_token": (30, 60),  # from one address
    "discovery": (20, 60),  # of an address's mail servers, by one person
    "connection_test": (10, 60),  # by one person, on a page or by REST
    "code": (10, 3600),  # that proves another address to send from, of one mailbox
    "code_to": (5, 3600),  # such a code, to one address
}
# Sign-in and passwords have allauth's limits, by account and by address. Behind a proxy the address
# is the last one in X-Forwarded-For, which the proxy has written.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if HTTPS else 0

# --- Languages, time --------------------------------------------------------------------------

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", "English"), ("ja", "日本語")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

# --- Later: due rows, found by ticks (config/schedule.py) -------------------------------------

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
if CELERY_BROKER_URL.startswith("filesystem"):
    # The try-out broker: ticks as files, in var/queue or the folder of filesystem:///that/folder.
    # The truth is in rows, so losing one loses nothing.
    _QUEUE = Path(CELERY_BROKER_URL.removeprefix("filesystem://") or BASE_DIR / "var" / "queue")
    CELERY_BROKER_URL = "filesystem://localhost"  # kombu complains without a host
    for _name in ("messages", "control"):
        (_QUEUE / _name).mkdir(mode=0o700, parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_QUEUE / "messages"),
        "data_folder_out": str(_QUEUE / "messages"),
        "control_folder": str(_QUEUE / "control"),
        "store_processed": False,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BEAT_SCHEDULE = BEAT
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SYNC_EVERY = 6  # last_run_at is beat's heartbeat: written about every 10 s
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_REDIRECT_STDOUTS = False  # what is printed is no log line
CELERY_TASK_TIME_LIMIT = 1800
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

# --- Connected inbox --------------------------------------------------------------------------

INBOX_ALLOW_PRIVATE_HOSTS = env.bool("INBOX_ALLOW_PRIVATE_HOSTS", default=False)
INBOX_ALLOW_PRIVATE_PICTURES = env.bool("INBOX_ALLOW_PRIVATE_PICTURES", default=False)
INBOX_DISCOVERY = env.bool("INBOX_DISCOVERY", default=True)
INBOX_POLL_SECONDS = reading.whole(env, "INBOX_POLL_SECONDS", 60, least=1, most=86_400)
INBOX_TROUBLE_HOURS = reading.whole(env, "INBOX_TROUBLE_HOURS", 4, most=24 * reading.YEAR)
INBOX_IDLE = env.bool("INBOX_IDLE", default=True)
INBOX_MAX_MESSAGE_BYTES = reading.whole(
    env, "INBOX_MAX_MESSAGE_BYTES", 50 * 1024 * 1024, least=1024, most=2**31 - 1
)
INBOX_CA_FILE = reading.file(env, "INBOX_CA_FILE")

# --- Retention (M28 to M32) -------------------------------------------------------------------

_CENTURY = 100 * reading.YEAR
RETENTION_TRANSPORT_MONTHS = reading.whole(env, "RETENTION_TRANSPORT_MONTHS", 1, most=1200)
RETENTION_RAW_HOURS = reading.whole(env, "RETENTION_RAW_HOURS", 24, most=24 * _CENTURY)
RETENTION_SYNCED_HEADERS_DAYS = reading.whole(
    env, "RETENTION_SYNCED_HEADERS_DAYS", 7, most=_CENTURY
)
RETENTION_SENT_HEADERS_DAYS = reading.whole(env, "RETENTION_SENT_HEADERS_DAYS", 365, most=_CENTURY)
RETENTION_DRAFTS_DAYS = reading.whole(env, "RETENTION_DRAFTS_DAYS", 90, most=_CENTURY)
RETENTION_TRASH_DAYS = reading.whole(env, "RETENTION_TRASH_DAYS", 90, most=_CENTURY)

# --- System mail, logs ------------------------------------------------------------------------

vars().update(env.email("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str(
    "EMAIL_FROM", default=f"Musubi <musubi@{ALLOWED_HOSTS[0].lstrip('.')}>"
)
# Where the links in such mail lead.
SITE_URL = env.str("SITE_URL", default="").rstrip("/") or (
    f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
    if HTTPS
    else f"http://{ALLOWED_HOSTS[0]}:{reading.whole(env, 'PORT', 8000, most=65_535)}"
)
LOGGING = logging_of(
    env.str("LOG_LEVEL", default="WARNING"),
    env.str("LOG_FORMAT", default="auto"),
    terminal=sys.stderr.isatty(),
)
if SENTRY_DSN := env.str("SENTRY_DSN", default=""):
    sentry.start(SENTRY_DSN)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # without one there is no /metrics

# --- Content security (no inline script, no inline style, nothing from elsewhere) -------------

_SELF = ["'self'"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": _SELF,
        "style-src": _SELF,
        "img-src": ["'self'", "data:"],
        "font-src": _SELF,
        "connect-src": _SELF,
        "frame-src": _SELF,
        "form-action": _SELF,
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

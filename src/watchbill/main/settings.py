"""Django settings, from the environment. Each variable is described in docs/reference/settings.md."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from watchbill.kernel.patience import Patient
from watchbill.main import environment

ENV = environment.read(os.environ)

DATA_DIR = ENV.data_dir
SECRET_KEY = ENV.secret_key
DEBUG = False
ALLOWED_HOSTS = ["*"]  # links are built from WATCHBILL_URL, never from the Host header
PUBLIC_URL = ENV.url
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.Person"
ROOT_URLCONF = "watchbill.main.urls"
ASGI_APPLICATION = "watchbill.main.asgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "pgtrigger",
    "watchbill.kernel",
    "watchbill.audit",
    "watchbill.people",
    "watchbill.notifications",
    "watchbill.schedules",
    "watchbill.trackers",
    "watchbill.runbooks",
    "watchbill.incidents",
    "watchbill.paging",
    "watchbill.intake",
    "watchbill.mailbox",
    "watchbill.platforms",
    "watchbill.reports",
    "watchbill.handoff",
    "watchbill.duties",
    "watchbill.config",
    "watchbill.engine",
    "watchbill.web",
]

MIDDLEWARE = [
    "watchbill.web.middleware.SecurityHeaders",
    "watchbill.api.errors.JsonErrors",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "watchbill.web.middleware.Errors",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent.parent / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "watchbill.web.context.frame",
            ],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {"default": ENV.database}
if "pool" in ENV.database["OPTIONS"]:  # a web process: no request waits for ever
    ENV.database["OPTIONS"]["pool"]["connection_class"] = Patient
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_ADAPTER = "watchbill.web.accounts.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True  # a set-up link leads in
ACCOUNT_SESSION_REMEMBER = True  # who is woken at 03:00 should not look for a password
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"

SECURE = ENV.url.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
CSRF_TRUSTED_ORIGINS = [ENV.url]
X_FRAME_OPTIONS = "DENY"


INTAKE_PARSERS = "watchbill.connectors.inbound.PARSERS"  # who reads which kind of stored event
SMTP_URL = ENV.smtp_url
MAIL_FROM = ENV.mail_from
ALLOW_PRIVATE_TARGETS = ENV.allow_private_targets
DEADMAN_URL = ENV.deadman_url
SECURITY_CONTACT, SECURITY_POLICY = ENV.security_contact, ENV.security_policy
PROVIDER_TESTS = ENV.provider_tests
PROVIDER_TESTS_TO = ENV.provider_tests_to
JOURNAL_BYTES = ENV.journal_bytes
DRILL_BEFORE = ENV.drill_before
DEMO_INBOX = ENV.demo  # mails stay on screen
LOGGING_CONFIG = None  # kernel.logs configures each process
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

"""A Django site of one file, with mozilla-django-oidc or allauth as their documents set them up.

`python django_site.py KIND SETTINGS PORT`: SETTINGS is what `acrux client add --like` printed, and
beside it stand the modules that it names. /me says as JSON what is known of the person.
"""

import os
import runpy
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command, execute_from_command_line
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import include, path

KIND, PRINTED, PORT = sys.argv[1:4]
FOLDER = Path(PRINTED).parent
COMMON = {
    "DEBUG": False,
    "SECRET_KEY": "only for the tests",
    "ALLOWED_HOSTS": ["localhost"],
    "ROOT_URLCONF": __name__,
    "USE_TZ": True,
    "DATABASES": {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "site.sqlite"}
    },
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    "LOGIN_REDIRECT_URL": "/me",
}
APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
KINDS = {
    "mozilla-django-oidc": {
        "INSTALLED_APPS": [*APPS, "mozilla_django_oidc"],
        "MIDDLEWARE": MIDDLEWARE,
        "AUTHENTICATION_BACKENDS": [f"{__name__}.Backend"],
    },
    "allauth": {
        "INSTALLED_APPS": [
            *APPS,
            *("allauth", "allauth.account", "allauth.socialaccount"),
            "allauth.socialaccount.providers.openid_connect",
        ],
        "MIDDLEWARE": [*MIDDLEWARE, "allauth.account.middleware.AccountMiddleware"],
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "SOCIALACCOUNT_LOGIN_ON_GET": True,
    },
}


def printed() -> dict[str, object]:
    """Return the settings that the file makes."""
    return {name: value for name, value in runpy.run_path(PRINTED).items() if name.isupper()}


def me(request):
    """Say who this is."""
    if not request.user.is_authenticated:
        return JsonResponse({"user": None})
    told = {"user": request.user.get_username(), "email": request.user.email}
    told["acr"] = request.session.get("acr")
    if KIND == "allauth":
        account = request.user.socialaccount_set.get()
        told["extra"] = account.extra_data
    return JsonResponse(told)


def form(request):
    """Give what a form of this site carries."""
    return JsonResponse({"csrf": get_token(request)})


sys.path.insert(0, str(FOLDER))
settings.configure(**COMMON, **KINDS[KIND], **printed())
django.setup()


def mine(request):
    """Show whose this is to `acrux rp-check`."""
    return HttpResponse(os.environ.get("RP_CHECK", ""))


urlpatterns = [path("me", me), path("", me), path("form", form)]
urlpatterns.append(path(".well-known/acrux-rp-check", mine))
if KIND == "mozilla-django-oidc":
    from django.core.exceptions import SuspiciousOperation
    from mozilla_django_oidc.auth import OIDCAuthenticationBackend

    class Backend(OIDCAuthenticationBackend):
        """The documents' own: it lets nobody in who took one step only."""

        def get_userinfo(self, access_token, id_token, payload):
            if payload.get("acr") not in {"urn:acrux:acr:mfa", "urn:acrux:acr:mfa-app"}:
                raise SuspiciousOperation("one step is not enough here")
            self.request.session["acr"] = payload["acr"]
            return super().get_userinfo(access_token, id_token, payload)

    urlpatterns.append(path("oidc/", include("mozilla_django_oidc.urls")))
else:
    urlpatterns.append(path("accounts/", include("allauth.urls")))

call_command("migrate", verbosity=0)
execute_from_command_line(["django_site", "runserver", "--noreload", f"localhost:{PORT}"])

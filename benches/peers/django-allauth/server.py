"""django-allauth under gunicorn with SQLite, beside which `make bench` measures: sign-in by e-mail and password, everything at
its defaults in production (PBKDF2, CSRF tokens, sessions in the database, limits, templates of the project itself). Django's
own switch for SQLite's WAL is off, as it comes. Five synchronous workers, as gunicorn's manual has it for two cores: (2 x
cores) + 1. Must not be taken for an example of how to use it.

    python server.py seed COUNT             makes the database with so many people
    gunicorn --workers 5 server:application
    PEER_DATABASE, PEER_SECRET              the file, and what signs cookies
    PEER_HASH=argon2                        Argon2id m=19456 t=2 p=1, as Latchkey has it, instead of PBKDF2
"""

import os
import sys

import django
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.contrib.auth.decorators import login_required
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.template import engines
from django.urls import include, path

PASSWORD = "marble trolley unseen kettle"


class EqualCost(Argon2PasswordHasher):
    memory_cost = 19_456
    time_cost = 2
    parallelism = 1


HASHER = f"{__name__}.EqualCost" if os.environ.get("PEER_HASH") == "argon2" else "django.contrib.auth.hashers.PBKDF2PasswordHasher"

if not settings.configured:
    settings.configure(
        SECRET_KEY=os.environ["PEER_SECRET"],
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        LOGIN_REDIRECT_URL="/dashboard",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["PEER_DATABASE"]}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PASSWORD_HASHERS=[HASHER],
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "allauth",
            "allauth.account",
            "allauth.headless",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[
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
        AUTHENTICATION_BACKENDS=[
            "django.contrib.auth.backends.ModelBackend",
            "allauth.account.auth_backends.AuthenticationBackend",
        ],
        ACCOUNT_LOGIN_METHODS={"email"},
        ACCOUNT_SIGNUP_FIELDS=["email*", "password1*"],
        # The client's address is in X-Forwarded-For, as it is behind a proxy.
        ALLAUTH_TRUSTED_PROXY_COUNT=1,
    )

application = get_wsgi_application()

DASHBOARD = engines["django"].from_string(
    "{% extends 'allauth/layouts/base.html' %}{% block content %}<h1>Dashboard</h1>"
    "<p>{{ user.email }}, since {{ user.date_joined }}</p>{% endblock %}"
)


def me(request):
    if not request.user.is_authenticated:
        return JsonResponse({"error": "signed out"}, status=401)
    return JsonResponse({"id": request.user.pk, "email": request.user.email})


@login_required
def dashboard(request):
    return HttpResponse(DASHBOARD.render({}, request))


urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("me", me),
    path("dashboard", dashboard),
]


def seed(count):
    from allauth.account.models import EmailAddress
    from django.contrib.auth.models import User

    call_command("migrate", verbosity=0)
    hashed = make_password(PASSWORD)
    people = User.objects.bulk_create(
        User(username=f"person-{n}", email=f"person.{n}@example.com", password=hashed) for n in range(count)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in people
    )


if __name__ == "__main__" and sys.argv[1:2] == ["seed"]:
    django.setup()
    seed(int(sys.argv[2]))

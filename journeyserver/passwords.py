"""What a new password must be, wherever one is set: Django's validators, and two of our own (OWASP ASVS 5.0 §6.2).

The rules are in `settings.AUTH_PASSWORD_VALIDATORS`; docs/security.md lists the words of this service.
"""

import re
from typing import TYPE_CHECKING, Any

from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from journeyserver.models import Person

MAX_LENGTH = 1000
# What somebody who knows where the password is typed would try first; a longer word stands before one that begins it.
SERVICE_WORDS = (
    "journey",
    "administrator",
    "admin",
    "analyst",
    "dashboard",
    "genesys",
    "purecloud",
    "cloud",
    "marketer",
    "password",
    "segment",
    "server",
    "supervisor",
    "welcome",
)
_FEWEST_OTHER_LETTERS = 4


class LongestValidator:
    """At most `MAX_LENGTH` characters, which is what the sign-in page takes."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > MAX_LENGTH:
            raise ValidationError(f"The password must have at most {MAX_LENGTH:,} characters.")


class CommonValidator(CommonPasswordValidator):
    """Django's list of common passwords, which holds few of twelve characters: also with digits and signs around one
    ("football2026!"), and with one said more than once ("footballfootball")."""

    def validate(self, password: str, user: Any = None) -> None:
        bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password)
        once = re.fullmatch(r"(.+?)\1+", password)
        for form in (password, bare, once[1] if once else password):
            if form:
                super().validate(form, user)


class ServiceWordsValidator:
    """Not made of this service's own words: besides them, some letters must be left."""

    def validate(self, password: str, user: Any = None) -> None:
        left = password.casefold()
        for word in SERVICE_WORDS:
            left = left.replace(word, " ")
        if left != password.casefold() and sum(letter.isalpha() for letter in left) < _FEWEST_OTHER_LETTERS:
            raise ValidationError("The password is made of words of this service, which are guessed first.")


def problems(password: str, person: "Person") -> list[str]:
    """Why this person may not have this password, a sentence each; empty when it is fine."""
    try:
        # Any model with the fields that the settings name will do.
        validate_password(password, person)  # type: ignore[arg-type]
    except ValidationError as error:
        return list(error.messages)
    return []

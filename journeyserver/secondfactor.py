"""A second factor at sign-in: a code that an app makes anew every 30 seconds (RFC 6238), or a recovery code.

Each is taken once. The secret that the codes come from is sealed with a key made from SECRET_KEY; of recovery codes only digests
are kept, which is enough for random text of 120 bits.
"""

import base64
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

import segno
from cryptography.fernet import Fernet
from cryptography.fernet import InvalidToken as NotSealedHere
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from journeyserver.models import Person, SecondFactor, digest

ISSUER = "Journey server"
STEP_SECONDS, DIGITS = 30, 6
# RFC 6238 §5.2: a code that was typed slowly may be one step old, and none may be of the future.
_STEPS_BACK = 1
_SECRET_BYTES, _CODE_BYTES, _CODES = 20, 15, 10
EVERYONE = "everyone"


class Unreadable(Exception):
    """The secret was sealed with another SECRET_KEY."""


@dataclass(frozen=True)
class Enrolment:
    """What an app needs to make codes: the secret in groups of four, its address, and that as a QR code in SVG."""

    secret: str
    address: str
    picture: SafeString


def has(person: Person) -> bool:
    return SecondFactor.objects.filter(person=person).exists()


def is_required(person: Person) -> bool:
    """Whether the setting asks this person for one. The password of the demo's people is known; they have nothing to protect."""
    wanted = set(settings.SECOND_FACTOR)
    if person.is_demo or not wanted:
        return False
    return EVERYONE in wanted or person.roles.filter(name__in=wanted).exists()


def new_secret() -> str:
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def enrolment(person: Person, sealed: str) -> Enrolment | None:
    """Of the sealed secret of an app that is being set up; None where there is none. Raises Unreadable."""
    if not sealed:
        return None
    secret = unseal(sealed)
    address = _codes_of(secret).get_provisioning_uri(person.username, ISSUER)
    picture = segno.make(address, micro=False).svg_inline(scale=4, border=4, dark="#000", light="#fff")
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    # Drawn by a library out of letters and digits of ours and a name that is percent-encoded.
    return Enrolment(groups, address, mark_safe(picture))  # noqa: S308


def step_of(secret: str, typed: str, since: int = 0) -> int | None:
    """Which step's code this is, of those that are taken now and are younger than the step `since`; None for no such code."""
    typed = "".join(typed.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    present, codes = int(time.time()) // STEP_SECONDS, _codes_of(secret)
    steps = range(max(present - _STEPS_BACK, since + 1), present + 1)
    return next(
        (step for step in steps if bytes_eq(codes.generate(step * STEP_SECONDS), typed.encode())), None
    )


def add(person: Person, secret: str, step: int) -> list[str]:
    """Asks this person for codes of that secret from now on, later ones than `step`'s. Their recovery codes, shown only now."""
    codes, digests = _recovery()
    kept = {"secret": seal(secret), "last_step": step, "recovery": digests, "added": timezone.now()}
    SecondFactor.objects.update_or_create(person=person, defaults=kept)
    return codes


def new_recovery(person: Person) -> list[str]:
    """Ten other recovery codes; those from before are worth nothing."""
    codes, digests = _recovery()
    SecondFactor.objects.filter(person=person).update(recovery=digests)
    return codes


def remove(person: Person) -> bool:
    """Whether there was one."""
    return bool(SecondFactor.objects.filter(person=person).delete()[0])


def take(person: Person, typed: str) -> bool:
    """Whether this is a code, or a recovery code, of the person's that was never used; now it was. Raises Unreadable."""
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(person=person).first()
        if row is None:
            return False
        if (known := digest(_plain(typed))) in row.recovery:
            row.recovery = [one for one in row.recovery if one != known]
        elif (step := step_of(unseal(row.secret), typed, row.last_step)) is not None:
            row.last_step = step
        else:
            return False
        row.save()
    return True


def left(person: Person) -> int | None:
    """How many recovery codes are left; None for who has no second factor."""
    row = SecondFactor.objects.filter(person=person).first()
    return len(row.recovery) if row else None


def seal(text: str) -> str:
    return _sealing().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises Unreadable."""
    try:
        return _sealing().decrypt(sealed.encode()).decode()
    except NotSealedHere:
        raise Unreadable from None


def seal_codes(codes: list[str]) -> str:
    return seal(json.dumps(codes))


def unseal_codes(sealed: str) -> list[str]:
    """None of them where they cannot be read."""
    try:
        found: list[str] = json.loads(unseal(sealed)) if sealed else []
    except Unreadable:
        return []
    return found


def _codes_of(secret: str) -> TOTP:
    # SHA-1 is what all apps know; in HMAC it is sound (RFC 6238 §1.2).
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303


def _recovery() -> tuple[list[str], list[str]]:
    plain = [base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(_CODES)]
    shown = ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in plain]
    return shown, [digest(code) for code in plain]


def _plain(typed: str) -> str:
    return "".join(typed.lower().replace("-", "").split())


def _sealing() -> Fernet:
    made: Any = HKDF(SHA256(), 32, None, b"journeyserver second factor").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(made))

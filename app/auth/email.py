"""E-mail addresses: what is one, and when two are the same. Sign-in, invitations, imports and the database agree on it.

Two addresses are the same where they differ in the case of the letters A to Z at most. Beyond ASCII nothing is equal to
anything else: what a locale, Unicode or a mail server takes for the same letter may be two people's.
"""

import re
from string import ascii_lowercase, ascii_uppercase

import idna

from app.spelling import INVISIBLE

LONGEST_EMAIL = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets
# Only its form: what stands before the last @ is its own server's business, and only a letter that arrives proves more.
FORM = re.compile(r"[^@\s]+@[^@\s]+")
LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


class InvalidEmail(Exception):
    """A text that is no e-mail address; the sentence says why, and may be shown to whoever wrote it."""


def parse_email(text: str) -> str:
    """The address as it is kept: its domain in the letters of the DNS (RFC 5891). Raises InvalidEmail."""
    for letter in text:
        if not letter.isprintable() or (INVISIBLE.match(letter) and letter != " "):
            raise InvalidEmail(f"It holds an invisible character (U+{ord(letter):04X}): type the address anew.")
    if not FORM.fullmatch(text):
        raise InvalidEmail("This is no e-mail address.")
    local, _, domain = text.partition("@")
    address = f"{local}@{'.'.join(map(_label, domain.split('.')))}"
    if max(len(text), len(address)) > LONGEST_EMAIL:
        raise InvalidEmail(f"An e-mail address has at most {LONGEST_EMAIL} characters.")
    return address


def _label(label: str) -> str:
    """The A-label of a part of a domain. Nothing is mapped: a full-width letter is in no domain's name."""
    if label.isascii():
        return label
    try:
        return idna.alabel(label.translate(LOWER)).decode()
    except UnicodeError:  # what idna raises is one
        raise InvalidEmail("Its domain is none: write the part after the @ in lower-case letters.") from None


def email_key(email: str) -> str:
    """What two addresses have in common where they are the same: in SQL `lower(email COLLATE "C")`, in any locale."""
    return email.translate(LOWER)

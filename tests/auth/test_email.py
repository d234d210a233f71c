"""What is an e-mail address, and when two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.email import InvalidEmail, email_key, parse_email

NO_ADDRESS = "This is no e-mail address."
NO_DOMAIN = "Its domain is none: write the part after the @ in lower-case letters."


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Ada@Example.com", "Ada@Example.com"),
        ("a@b", "a@b"),
        ("\u00e4d\u00e4@ex\u00e4mple.com", "\u00e4d\u00e4@xn--exmple-cua.com"),
        ("ada@M\u00fcnchen.example", "ada@xn--mnchen-3ya.example"),
        ("vic@m\u0131x.example", "vic@xn--mx-hpa.example"),  # a domain of its own, and never mix.example
        ("a" * 242 + "@example.com", "a" * 242 + "@example.com"),
    ],
)
def test_address_is_kept_with_its_domain_as_the_dns_has_it(written: str, kept: str) -> None:
    assert parse_email(written) == kept


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", NO_ADDRESS),
        ("nobody", NO_ADDRESS),
        ("@example.com", NO_ADDRESS),
        ("a@", NO_ADDRESS),
        ("a b@example.com", NO_ADDRESS),
        ("a@b@c", NO_ADDRESS),
        ("a" * 243 + "@example.com", "An e-mail address has at most 254 characters."),
        ("vic@m\u0130x.example", NO_DOMAIN),
        ("vic@mi\u017f.example", NO_DOMAIN),
        ("vic@\u212aix.example", NO_DOMAIN),
        ("vic@\uff4dix.example", NO_DOMAIN),
        ("vic@mix\u3002example", NO_DOMAIN),
        ("vic@M\u00dcNCHEN.example", NO_DOMAIN),
    ],
)
def test_what_is_none_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidEmail) as refused:
        parse_email(text)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    "letter",
    [
        *(
            "\0",
            "\n",
            "\u00ad",
            "\u034f",
            "\u115f",
            "\u17b4",
            "\u180b",
            "\u200b",
            "\u200d",
            "\u202e",
            "\u2800",
            "\u3164",
        ),
        *("\ufe0f", "\uffa0", "\ufeff", "\ud800", "\U0001d159", "\U000e0041", "\U000e0100"),
    ],
    ids=ascii,
)
def test_a_letter_that_shows_nothing_is_named(letter: str) -> None:
    with pytest.raises(InvalidEmail) as refused:
        parse_email(f"vi{letter}c@mix.example")
    assert str(refused.value) == f"It holds an invisible character (U+{ord(letter):04X}): type the address anew."


@given(st.text(max_size=8), st.text(max_size=8))
def test_only_the_case_of_a_to_z_is_left_aside(one: str, other: str) -> None:
    def folded(text: str) -> list[str]:
        return [letter.lower() if letter.isascii() else letter for letter in text]

    assert (email_key(one) == email_key(other)) == (folded(one) == folded(other))
    assert email_key(one) == "".join(folded(one))


@given(st.text(max_size=20))
def test_any_text_is_refused_or_a_domain_of_the_dns(text: str) -> None:
    try:
        kept = parse_email(f"a@{text}")
    except InvalidEmail:
        return
    assert kept.partition("@")[2].isascii()
    assert parse_email(kept) == kept

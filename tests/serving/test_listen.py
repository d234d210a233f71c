"""Where a server can listen, and what a person hears where it cannot."""

import pytest

from app.serving.listen import AddressUnusable, listen


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("a" * 64, "No name of a host"),
        ("a..b", "No name of a host"),
        ("192.0.2.1", "Cannot assign requested address"),
    ],
)
def test_an_address_that_cannot_be_used(host: str, reason: str) -> None:
    with pytest.raises(AddressUnusable) as refusal:
        listen(host, 0)
    assert str(refusal.value) == (
        f"Cannot listen on {host}:0 ({reason}): stop what uses it, or choose another with --host or --port"
    )


def test_a_free_port_is_taken() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0

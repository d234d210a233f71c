"""Where a server can listen, and what a person hears where it cannot."""

import pytest

from app.config import Settings
from app.serving.listen import AddressUnusable, listen, listening


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


def test_metrics_have_a_port_of_their_own_on_this_machine_alone() -> None:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    with listening(Settings(metrics_port=port), "0.0.0.0", 0) as sockets:
        own, metrics = (one.getsockname() for one in sockets)

    assert (own[0], metrics) == ("0.0.0.0", ("127.0.0.1", port))
    with listening(Settings(), "127.0.0.1", 0) as sockets:
        assert len(sockets) == 1


def test_a_port_of_the_metrics_that_cannot_be_used() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressUnusable) as refusal, listening(Settings(metrics_port=port), "127.0.0.1", 0):
            pass
    with pytest.raises(AddressUnusable) as same, listening(Settings(metrics_port=port), "127.0.0.1", port):
        pass

    assert str(refusal.value) == (
        f"Cannot listen on 127.0.0.1:{port} (Address already in use): stop what uses it, or set another "
        "TRELLIS_METRICS_HOST or TRELLIS_METRICS_PORT"
    )
    assert str(same.value) == f"TRELLIS_METRICS_PORT is {port}, the port of the server itself: set another"

"""The address that a request comes from, as its limits see it."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import Request

WITH_PORT = re.compile(r"([\d.]+):\d+|\[(.+)\](?::\d+)?", re.ASCII)  # as some proxies add it to an address
SUBNET = 64  # bits; the least that an IPv6 customer gets, who can send from every address in it

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def locate(request: Request, trusted: Sequence[Network]) -> str:
    """The client's IPv4 address, or its IPv6 subnet; empty where the request came by no network.

    `X-Forwarded-For` is a list that every proxy adds the other side of its connection to. So it is read from the right,
    as long as who is said to have added to it is a proxy of ours: what is left of that a client can make up.
    """
    address = _parsed(request.client.host) if request.client else None
    if address is None:
        return ""
    said = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    while said and any(address in network for network in trusted):
        nearer = _parsed(said.pop())
        if nearer is None:
            break
        address = nearer
    return _counted(address)


def _parsed(text: str) -> Address | None:
    said = text.strip()
    with_port = WITH_PORT.fullmatch(said)
    try:
        address = ip_address(with_port[1] or with_port[2] if with_port else said)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _counted(address: Address) -> str:
    return str(address) if isinstance(address, IPv4Address) else str(IPv6Network((int(address), SUBNET), strict=False))

"""Which machines may be asked: those anyone on the internet can ask, unless told otherwise."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from rag.errors import RejectedFile

__all__ = ["HostFault", "check", "is_public"]

_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL_V6 = ip_network("2000::/3")
# Beside what `is_global` says, which differs between the releases of Python 3.11 to 3.13 and
# calls multicast global.
_NOT_PUBLIC = tuple(
    ip_network(n)
    for n in (
        "100.64.0.0/10",  # carriers' NAT
        "192.0.0.0/24",  # protocols'; Oracle's metadata are at 192.0.0.192
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # Azure's platform, from within a machine there
        "2001::/23",  # Teredo and others: an IPv4 address may be hidden in them
        "2001:db8::/32",
        "2002::/16",  # 6to4: holds an IPv4 address
        "3fff::/20",
    )
)
_INTRANETS = tuple(
    ip_network(n)
    for n in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10",
        "::1/128", "fc00::/7",
    )
)  # fmt: skip
# Within the networks above, clouds answer here with the keys of the machine that asks.
_METADATA = (ip_address("100.100.100.200"), ip_address("fd00:ec2::254"))


class HostFault(RejectedFile):
    """A host can't be asked for anything, or gives no proper answer."""


def is_public(ip: str) -> bool:
    """Whether an address is one that anyone on the internet can ask."""
    return _public(_meant(ip))


def check(host: str, ip: str, *, allow_private: bool) -> None:
    """Refuse addresses that only this machine or its network can ask.

    Link-local, multicast, reserved and unspecified addresses, old tunnels, and the metadata
    of clouds are refused even with `allow_private`.

    Raises:
        HostFault: the address may not be asked.
    """
    try:
        meant = _meant(ip)
    except ValueError as exc:
        raise HostFault(f"{host!r} leads to {ip!r}, which is no IP address") from exc
    if _public(meant):
        return
    private = meant not in _METADATA and any(meant in network for network in _INTRANETS)
    if private and allow_private:
        return
    if private:
        raise HostFault(
            f"{host!r} leads to the private address {ip}: if the page is on your own network,"
            " allow that with --allow-private"
        )
    raise HostFault(f"{host!r} leads to {ip}, which no pages are fetched from")


def _meant(ip: str) -> IPv4Address | IPv6Address:
    """The address that is reached in the end."""
    address = ip_address(ip)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:  # how networks without IPv4 reach it
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _public(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and (address.version == 4 or address in _GLOBAL_V6)
        and not any(address in network for network in _NOT_PUBLIC)
    )

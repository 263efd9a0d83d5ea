"""May we connect there? Every outgoing TCP connection passes here: resolved once, checked, and made to the very address that was checked.

A name that answers with a public address at the check and a private one at the connect (DNS rebinding) gains nothing, since nobody
resolves it a second time. Redirects are followed by nobody. Refused are all addresses that are not public, unless the settings allow
them; plain `http` goes to allowed private targets only.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable

from watchbill.connectors.failures import PermanentFailure, TemporaryFailure

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[str, int, ssl.SSLContext | None, str], Awaitable[Streams]]

MOST_TRIED = 3  # addresses of one name
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(PermanentFailure):
    """The address may not be reached from here."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the system's order. Odd spellings of an address (0x7f.1, 2130706433) come out as what they mean."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Is this an address of the public internet? What is wrapped in it counts too (mapped, 6to4, Teredo, NAT64)."""
    inner = _wrapped(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_unspecified or address.is_reserved or address.is_link_local)


def _wrapped(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


class Guard:
    """Decides by the settings. `allowed`: private nets that may be reached; `plain`: the connection is not encrypted."""

    def __init__(self, allowed: Iterable[Network], *, plain: bool = False, resolve: Resolve = resolve) -> None:
        self._allowed = tuple(allowed)
        self._plain = plain
        self._resolve = resolve

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of the host that may be connected to. Raises Refused when there are none, TemporaryFailure when the name has none."""
        try:
            found = await self._resolve(host.strip("[]"), port)
        except (OSError, UnicodeError) as error:
            raise TemporaryFailure(f"The name {host} could not be resolved.") from error
        permitted = [address for address in found if self._permits(ipaddress.ip_address(address.partition("%")[0]))]
        if permitted:
            return permitted
        if self._plain and any(is_public(ipaddress.ip_address(address.partition("%")[0])) for address in found):
            raise Refused(f"{host} would be reached without encryption. Use https; http is for allowed private addresses only.")
        raise Refused(f"{host} leads to a private address. Name it in WATCHBILL_ALLOW_PRIVATE_TARGETS if that is meant.")

    def _permits(self, address: Address) -> bool:
        plain_address = _wrapped(address) or address
        if any(plain_address.version == net.version and plain_address in net for net in self._allowed):
            return True
        return not self._plain and is_public(address)


async def connect(address: str, port: int, tls: ssl.SSLContext | None, name: str) -> Streams:
    """A connection to this very address; with `tls`, to whoever proves to be `name`."""
    return await asyncio.open_connection(address, port, ssl=tls, server_hostname=name if tls else None)


async def guarded(guard: Guard, host: str, port: int, tls: ssl.SSLContext | None, *, connect: Connect = connect) -> Streams:
    """Connect to the first permitted address of the host that answers, three at most. Raises what `addresses` does, or OSError."""
    addresses = (await guard.addresses(host, port))[:MOST_TRIED]
    for address in addresses[:-1]:
        try:
            return await connect(address, port, tls, host)
        except OSError:
            continue
    return await connect(addresses[-1], port, tls, host)

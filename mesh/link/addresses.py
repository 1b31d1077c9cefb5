"""From a gRPC target to the addresses behind it."""

import asyncio
import ipaddress
import socket


class Target:
    """A gRPC target, taken apart.

    fixed: its addresses, where it names them itself (unix:/path, ipv4:…, 127.0.0.1:50051). Otherwise host and
    port, to be resolved, again and again, since replicas come and go. authority: what the server is called,
    for its certificate and for virtual hosts.
    """

    __slots__ = ("authority", "fixed", "host", "port", "target")

    def __init__(self, target: str) -> None:
        self.target = target
        self.fixed: tuple[str, ...] = ()
        self.host = self.port = ""
        self.authority = "localhost"
        scheme, _, rest = target.partition(":")
        if scheme in ("unix", "unix-abstract", "vsock"):
            self.fixed = (target,)
            return
        if scheme in ("ipv4", "ipv6"):
            self.fixed = tuple(f"{scheme}:{each}" for each in rest.removeprefix("//").lstrip("/").split(","))
            self.authority = self.fixed[0].partition(":")[2]
            return
        name = target
        if scheme == "dns" and rest:
            name = rest.rpartition("/")[2] if rest.startswith("//") else rest
        self.host, self.port = _split(name)
        self.authority = name
        literal = _literal(self.host, self.port)
        if literal:
            self.fixed = (literal,)

    async def resolve(self) -> tuple[str, ...]:
        """The addresses now, sorted. Raises OSError or UnicodeError where the name cannot be resolved."""
        if self.fixed:
            return self.fixed
        found = await asyncio.get_running_loop().getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
        return tuple(sorted({_literal(str(each[4][0]), str(each[4][1])) for each in found}))


def _split(name: str) -> tuple[str, str]:
    """Host and port; gRPC's default port is 443."""
    if name.startswith("["):
        host, _, port = name[1:].partition("]")
        return host, port.removeprefix(":") or "443"
    host, separator, port = name.rpartition(":")
    return (host, port) if separator else (name, "443")


def _literal(host: str, port: str) -> str:
    """A target that needs no resolving, or "" where the host is a name."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    return f"ipv6:[{host}]:{port}" if address.version == 6 else f"ipv4:{host}:{port}"

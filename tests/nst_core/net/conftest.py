"""The loopback server, for what fetches."""

from tests.loopback import server

__all__ = ["server"]

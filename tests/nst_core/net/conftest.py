"""The loopback server, for tests of downloads."""

from tests.loopback import server

__all__ = ["server"]

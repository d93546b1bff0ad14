from tests.nst_core.jobs.conftest import servers

__all__ = ["servers"]

"""The hall of the sittings' tests, for attacks that need one."""

from tests.sessions.conftest import hall

__all__ = ["hall"]

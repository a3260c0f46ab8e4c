"""The demo's marker at work."""

from datetime import datetime

from exam.demo.world import World


def mark_all(world: World, at: datetime) -> None:
    """Mark everything that waits."""


def mark_some(world: World, at: datetime) -> None:
    """Mark a few answers and leave the rest."""

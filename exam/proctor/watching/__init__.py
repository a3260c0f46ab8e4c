"""Frames and events of sittings under way, taken in, looked at, written down."""

"""Proctoring: what camera and browser show becomes signals, incidents, evidence; a human decides."""

"""Stretches that somebody should look at: how they come about, what they say in words."""

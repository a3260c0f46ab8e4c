"""Applications to sit: what a candidate states and shows, and how the office decides (S4 annex 1)."""

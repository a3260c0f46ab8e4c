"""Verification results within their cohort, what they say of a person, and what to learn next (PT-P, S4 §1)."""

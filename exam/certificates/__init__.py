"""Certificates: when they are due, their numbers, the PDF, and what anybody may ask about one."""

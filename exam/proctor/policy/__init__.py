"""How an exam is watched: the office's form, what it grants, what fits together."""

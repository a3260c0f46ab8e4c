"""What is to be paid, how it was paid, and who need not pay."""

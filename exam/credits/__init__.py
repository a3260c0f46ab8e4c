"""Credit hours: the ledger, what is recognised beside courses, who is measured by which rules, and who is eligible."""

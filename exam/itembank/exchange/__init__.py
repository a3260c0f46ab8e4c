"""Items in and out of a bank as workbooks (XLSX) and as JSON: read, plan, show what would happen, then write."""

"""Safe Exam Browser: which exams need it, the configuration it is given, and whether a request comes from it."""

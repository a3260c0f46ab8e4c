"""Courses under a scheme: who selected them, who finished them, and the hours and exams that follow."""

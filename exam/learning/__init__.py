"""Learning a course: time that the server judges, pop-up quizzes, completion."""

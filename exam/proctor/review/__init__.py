"""Who decides: incidents, held results, voiding by two, appeals, how often software is right."""

"""What a camera's frames mean over time, measured and tried from the command line."""

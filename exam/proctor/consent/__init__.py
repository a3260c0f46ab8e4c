"""What candidates are told and asked about the camera, and what they may take back."""

"""Before the start: camera, identity, telephone, a human."""

"""What stands for evidence: signed checkpoints, exports that verify, pictures that go on time."""

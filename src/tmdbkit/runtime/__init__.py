"""What generated code calls. It imports nothing that is generated."""

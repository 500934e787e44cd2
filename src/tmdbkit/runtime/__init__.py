"""Runtime support for generated code. Imports no generated code."""

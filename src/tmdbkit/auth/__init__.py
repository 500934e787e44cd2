"""Credentials: what a client has, how users log in, and how messages and logs are kept free of secrets."""

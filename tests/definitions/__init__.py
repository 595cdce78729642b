"""The papers' definitions as plain loops, to test the library against; they share no code with it."""

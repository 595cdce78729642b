"""What a person reads about a solution."""

"""Result folders, as the library writes them."""

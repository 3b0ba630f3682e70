"""Ways to tell people of alerts outside the screen."""

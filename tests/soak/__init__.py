"""An hour under load: does anything grow, and are the counts right at the end?"""

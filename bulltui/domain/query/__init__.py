"""The language of searches: from what a person types to what a job must be like."""

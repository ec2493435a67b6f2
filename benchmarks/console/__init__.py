"""Response times of the console's API with 100,000 stored alerts."""

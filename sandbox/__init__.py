"""All four vendors simulated over real HTTP from one made-up business. Imports none of the pipeline."""

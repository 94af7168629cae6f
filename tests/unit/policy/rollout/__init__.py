"""Stages of a rollout and signs of shared profiles, as the policy reads them."""

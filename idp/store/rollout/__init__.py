"""What the rollout keeps: stages, exceptions, set-ups that were put off, signs of shared profiles.

It never says what a stage asks of anyone (`policy.rollout`), nor who may change one.
"""

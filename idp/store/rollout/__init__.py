"""What the rollout keeps: stages, exceptions from them, set-ups that were put off.

It never says what a stage asks of anyone (`policy.rollout`), nor who may change one.
"""

"""The rollout's use cases: whom a stage reaches, how many are ready; shared profiles."""

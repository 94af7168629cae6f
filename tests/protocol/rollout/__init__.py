"""The rollout's use cases: whom a stage reaches, who is ready; mails ahead; shared profiles."""

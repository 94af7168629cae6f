"""The console's pages about the rollout: stages, their mails, who gets through, shared profiles."""

"""The rollout for those who may see or change it: stages, their mails, who gets through, adoption.

Owns who may, and what is told; what a stage means is `idp.rollout`'s.
"""

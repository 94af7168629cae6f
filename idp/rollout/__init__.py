"""Making a level mandatory in stages: what is planned, who is reached, told, ready or stuck.

Owns the stages as an operator changes them, exceptions and grace, notices ahead of a date, the
forecast, and the signs of shared profiles. What a stage asks of one person at one time decides
`policy.rollout` alone. It never renders, and lets no one in or out.
"""

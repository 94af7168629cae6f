"""People from a file, as personnel departments and directories export it.

Owns how such a file is read (`files`, `columns`), what a row asks for (`rows`), and what becomes of
it (`plans`, `carrying_out`): somebody is added, changed, left as they are, or the row is wrong and
says why. It never gives anyone a role of Acrux itself, and never takes away what a person has
proved. Who may import is decided by whoever calls it.
"""

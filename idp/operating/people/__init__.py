"""What whoever runs Acrux can do with people: look, change (`changing`), help (`helping`).

Owns who may act on whom (`standing`). The rules of what a person may be are `idp.people`'s.
"""
